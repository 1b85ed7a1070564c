//! `POST /v1/chat/completions`: a model that counts, streaming or not.

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};

use super::answer::{self, Body, Broken};
use super::generation::{Pace, Phase};
use super::log::{now_ms, prompt_characters};
use super::running::Running;
use super::world::State;
use crate::model::Kind;
use crate::scenario::Scenario;
use crate::world::World;

/// What a token is taken for. OpenAI's cl100k makes one of some 4.3 characters of OpenClaw's prompt.
const CHARACTERS_PER_TOKEN: usize = 4;

/// Answers a chat. A model that is not loaded is loaded first, unless just-in-time loading is off.
///
/// LM Studio answers for an unknown model with whatever is loaded (seen in 0.3.14 and 1.1.7); here that is a
/// 404 in OpenAI's words, since it hides the mistakes that a test looks for.
pub(super) async fn complete(world: &World, request: &Value) -> Response<Body> {
    let Some(model) = request["model"].as_str() else {
        return answer::error(400, "invalid_request_error", "missing_field", "'model' field is required");
    };
    let Some(instance) = world.change(|state| instance(state, model)) else {
        let message = format!("Model {model} not found");
        return answer::error(404, "invalid_request_error", "model_not_found", &message);
    };
    let writer = Writer {
        running: world.begin(&instance, Phase::ProcessingPrompt),
        pace: world.current_pace(),
        model: model.to_owned(),
        created: now_ms() / 1_000,
        prompt_tokens: prompt_characters(request) / CHARACTERS_PER_TOKEN,
    };
    if request["stream"] == true {
        let usage = request["stream_options"]["include_usage"] == true;
        let frames = stream::unfold(Some((writer, Step::Role, usage)), |state| async move {
            let (writer, step, usage) = state?;
            Some(writer.event(step, usage).await)
        });
        answer::events(StreamBody::new(frames).boxed_unsync())
    } else {
        writer.whole().await
    }
}

/// The instance that serves a model of that name; loads one where there is none.
fn instance(state: &mut State, name: &str) -> Option<String> {
    let jit = state.scenario != Scenario::JitOff;
    let mut chats = state.models.iter_mut().filter(|model| model.kind == Kind::Llm);
    let model = chats.find(|model| model.key == name || model.instances.iter().any(|loaded| loaded.id == name))?;
    let loaded = model.instances.iter().find(|loaded| loaded.id == name).or(model.instances.first());
    match loaded {
        Some(loaded) => Some(loaded.id.clone()),
        None => jit.then(|| model.load(None)),
    }
}

/// One answer in the making.
struct Writer {
    running: Running,
    pace: Pace,
    model: String,
    created: u64,
    prompt_tokens: usize,
}

/// What comes next in a stream.
enum Step {
    Role,
    Token(usize),
    Usage,
    Done,
}

type Event = (Result<Frame<Bytes>, Broken>, Option<(Writer, Step, bool)>);

impl Writer {
    /// The next event of a stream, and what follows it.
    async fn event(self, step: Step, usage: bool) -> Event {
        let (event, next) = match step {
            Step::Role => {
                self.read_prompt().await;
                (self.chunk(&json!({"role": "assistant", "content": ""}), None), Step::Token(0))
            }
            Step::Token(number) => {
                self.before_token(number).await;
                if number < self.pace.tokens {
                    (self.chunk(&json!({"content": token(number)}), None), Step::Token(number + 1))
                } else {
                    let next = if usage { Step::Usage } else { Step::Done };
                    (self.chunk(&json!({}), Some("stop")), next)
                }
            }
            Step::Usage => {
                let mut chunk = self.head("chat.completion.chunk");
                chunk["choices"] = json!([]);
                chunk["usage"] = self.usage();
                (chunk, Step::Done)
            }
            Step::Done => {
                self.running.finish();
                return (Ok(Frame::data(Bytes::from_static(b"data: [DONE]\n\n"))), None);
            }
        };
        (Ok(Frame::data(format!("data: {event}\n\n").into())), Some((self, next, usage)))
    }

    /// The whole answer at once.
    async fn whole(self) -> Response<Body> {
        self.read_prompt().await;
        for number in 0..=self.pace.tokens {
            self.before_token(number).await;
        }
        let content: String = (0..self.pace.tokens).map(token).collect();
        let mut whole = self.head("chat.completion");
        let message = json!({"role": "assistant", "content": content});
        whole["choices"] = json!([{"index": 0, "message": message, "finish_reason": "stop"}]);
        whole["usage"] = self.usage();
        self.running.finish();
        answer::value(200, &whole)
    }

    async fn read_prompt(&self) {
        if !self.pace.prefill.is_zero() {
            tokio::time::sleep(self.pace.prefill).await;
        }
        self.running.held(Phase::ProcessingPrompt).await;
        self.running.enter(Phase::Generating);
    }

    /// The first token comes with the end of the prompt.
    async fn before_token(&self, number: usize) {
        if number == 0 {
            return;
        }
        if !self.pace.per_token.is_zero() {
            tokio::time::sleep(self.pace.per_token).await;
        }
        self.running.held(Phase::Generating).await;
    }

    fn chunk(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        let mut chunk = self.head("chat.completion.chunk");
        chunk["choices"] = json!([{"index": 0, "delta": delta, "finish_reason": finish_reason}]);
        chunk
    }

    fn head(&self, object: &str) -> Value {
        json!({"id": "chatcmpl-simulated", "object": object, "created": self.created, "model": self.model})
    }

    fn usage(&self) -> Value {
        let (read, written) = (self.prompt_tokens, self.pace.tokens);
        json!({"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written})
    }
}

fn token(number: usize) -> String {
    format!("tok{number} ")
}
