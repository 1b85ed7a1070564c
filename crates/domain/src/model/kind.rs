//! What a model is for, and the words by which servers say so.

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModelKind {
    /// It answers chat requests.
    Chat,
    /// It turns text into vectors.
    Embedding,
    /// It sorts texts by how well they answer a question.
    Reranking,
    /// It makes images.
    Image,
    /// It makes videos.
    Video,
    /// It speaks.
    Speech,
    /// It writes down what is spoken.
    Transcription,
    /// It judges whether a text is harmful.
    Moderation,
    /// Something else, of which the server says that it is no chat.
    Other,
}

/// Words in well-known models' names, by what these models are for; `*` ends one that only begins a word. A
/// reranker's name often names the embedding that it is made from, so it comes first.
const NAMES: [(&str, ModelKind); 24] = [
    ("rerank*", ModelKind::Reranking),
    ("embed*", ModelKind::Embedding),
    ("bge", ModelKind::Embedding),
    ("e5", ModelKind::Embedding),
    ("gte", ModelKind::Embedding),
    ("minilm*", ModelKind::Embedding),
    ("whisper*", ModelKind::Transcription),
    ("parakeet*", ModelKind::Transcription),
    ("transcri*", ModelKind::Transcription),
    ("tts", ModelKind::Speech),
    ("kokoro*", ModelKind::Speech),
    ("piper", ModelKind::Speech),
    ("stablediffusion*", ModelKind::Image),
    ("diffusion", ModelKind::Image),
    ("sd", ModelKind::Image),
    ("sdxl", ModelKind::Image),
    ("dreamshaper*", ModelKind::Image),
    ("dall", ModelKind::Image),
    ("flux", ModelKind::Image),
    ("sora", ModelKind::Video),
    ("moderation*", ModelKind::Moderation),
    ("vad", ModelKind::Other),
    ("ocr", ModelKind::Other),
    ("clip", ModelKind::Other),
];

impl ModelKind {
    /// The kind that a word of a server's names, whatever its case and separators (`text-to-image`, `TextToImage`).
    /// `None` for a word that is not known: of a kind that is new nothing is guessed.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match plain.to_ascii_lowercase().as_str() {
            "chat" | "chatcompletion" | "chatcompletions" | "completion" | "completions" | "completionchat"
            | "responses" | "llm" | "vlm" | "language" | "text" | "textgeneration" | "text2text" | "conversational"
            | "imagetexttotext" | "anytoany" | "code" | "openai" | "openairesponse" | "anthropic" | "gemini"
            | "generate" => Self::Chat,
            "embedding" | "embeddings" | "embed" | "textembedding" | "textembeddings" | "featureextraction"
            | "sentencesimilarity" | "embeddingmodel" => Self::Embedding,
            "rerank" | "reranker" | "reranking" | "textranking" | "jinarerank" => Self::Reranking,
            "image" | "images" | "imagegeneration" | "imageedit" | "imageedits" | "texttoimage" | "imagetoimage"
            | "diffusion" | "imagevariation" => Self::Image,
            "video" | "videogeneration" | "texttovideo" | "imagetovideo" | "openaivideo" => Self::Video,
            "tts" | "audiospeech" | "texttospeech" | "speech" | "texttoaudio" | "audio" => Self::Speech,
            "stt"
            | "asr"
            | "audiotranscription"
            | "transcription"
            | "transcribe"
            | "speechtotext"
            | "automaticspeechrecognition" => Self::Transcription,
            "moderation" | "moderations" => Self::Moderation,
            "ocr" | "search" | "vectorstore" | "realtime" => Self::Other,
            _ => return None,
        })
    }

    /// What several words together name. Leaving a model out takes certainty: it is for chat where one of them says
    /// so, or names what only a chat model does (`vision`, `tool-calling`, `reasoning`).
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut kind = None;
        for word in words {
            let plain = word.to_ascii_lowercase();
            let chats = ["tool", "reasoning", "thinking", "vision", "coding", "multimodal", "insert"];
            match Self::named(word) {
                Some(Self::Chat) => return Some(Self::Chat),
                None if chats.iter().any(|mark| plain.contains(mark)) => return Some(Self::Chat),
                // `audio` goes along with what is done with it.
                Some(Self::Speech) if plain == "audio" => kind = kind.or(Some(Self::Speech)),
                Some(named) if kind == Some(Self::Speech) || kind.is_none() => kind = Some(named),
                Some(_) | None => {}
            }
        }
        kind
    }

    /// What a model's name alone suggests that it is for, where that is not a chat. It is a guess: no model is left
    /// out because of it.
    #[must_use]
    pub fn suggested_by(id: &str) -> Option<Self> {
        let id = id.to_ascii_lowercase();
        let has = |mark: &str| {
            id.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| match mark.strip_suffix('*') {
                Some(start) => word.starts_with(start),
                None => word == mark,
            })
        };
        NAMES.iter().find(|(mark, _)| has(mark)).map(|(_, kind)| *kind)
    }

    /// What it is called, with its article.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "a chat model",
            Self::Embedding => "an embedding model",
            Self::Reranking => "a reranking model",
            Self::Image => "an image model",
            Self::Video => "a video model",
            Self::Speech => "a speech model",
            Self::Transcription => "a transcription model",
            Self::Moderation => "a moderation model",
            Self::Other => "a model for something else than chat",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_kinds_whatever_their_spelling() {
        for (words, kind) in [
            (&["image_generation"][..], Some(ModelKind::Image)),
            (&["TextToImage"], Some(ModelKind::Image)),
            (&["embeddings"], Some(ModelKind::Embedding)),
            (&["audio", "transcription"], Some(ModelKind::Transcription)),
            (&["audio"], Some(ModelKind::Speech)),
            (&["vision", "tool-calling", "reasoning"], Some(ModelKind::Chat)),
            (&["embedding", "chat"], Some(ModelKind::Chat)),
            (&["image", "text"], Some(ModelKind::Chat)),
            (&["completion", "embedding"], Some(ModelKind::Chat)),
            (&["hot", "new"], None),
            (&["model"], None),
            (&[], None),
        ] {
            assert_eq!(ModelKind::of_words(words.iter().copied()), kind, "{words:?}");
        }
    }
    #[test]
    fn a_name_suggests_what_a_model_is_for() {
        for (id, kind) in [
            ("text-embedding-3-small", Some(ModelKind::Embedding)),
            ("hf.co/nomic-ai/Nomic-Embed-Text-GGUF", Some(ModelKind::Embedding)),
            ("BAAI/bge-reranker-v2-m3", Some(ModelKind::Reranking)),
            ("whisper-1", Some(ModelKind::Transcription)),
            ("tts-1", Some(ModelKind::Speech)),
            ("stablediffusion", Some(ModelKind::Image)),
            ("silero-vad", Some(ModelKind::Other)),
            ("qwen/qwen3-8b", None),
            ("influx-7b", None),
            ("gemma-4n-e5b", None),
            ("diffusiongemma-26b", None),
            ("", None),
        ] {
            assert_eq!(ModelKind::suggested_by(id), kind, "{id}");
        }
    }
}
