//! What the text of `openclaw.json` tells that its values do not: comments above all, which a rewrite drops.

use std::fs;

use domain::ConfigText;

use super::file::OpenClawFile;
use super::json5::MOST_BYTES;
use crate::work::Lane;

impl OpenClawFile {
    /// Reads what its text tells.
    pub(crate) async fn text(&self) -> ConfigText {
        let path = self.path.clone();
        let read = move || {
            let metadata = fs::metadata(&path).ok()?;
            (metadata.is_file() && metadata.len() <= MOST_BYTES).then(|| fs::read_to_string(&path).ok())?
        };
        let text = Lane::default().run(read).await.ok().flatten();
        text.map_or_else(ConfigText::default, |text| scan(&text))
    }
}

/// Walks over JSON5, in and out of strings.
fn scan(text: &str) -> ConfigText {
    let mut told = ConfigText { readable: true, ..ConfigText::default() };
    let (mut line, mut quote) = (1, None);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (_, '\n') => line += 1,
            (Some(_), '\\') => line += usize::from(characters.next() == Some('\n')),
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '/') if told.comment.is_none() && matches!(characters.peek(), Some('/' | '*')) => {
                told.comment = Some(line);
                // What is in a comment may look like anything else.
                break;
            }
            _ => {}
        }
    }
    told.includes = text.contains("$include");
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_what_stands_in_strings() {
        let comment = |text: &str| scan(text).comment;
        assert_eq!(comment("{\"url\": \"http://host/v1\", 'a': '/* no */'}"), None);
        assert_eq!(comment("{\n  \"a\": \"\\\"// still text\",\n  // mine\n}"), Some(3));
        assert_eq!(comment("{ a: 'it\\'s', /* mine */ }"), Some(1));
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_cannot_be_read() {
        let file = |path| OpenClawFile::new(path, |_| None);
        assert_eq!(file("/nowhere/openclaw.json".into()).text().await, ConfigText::default());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openclaw.json");
        std::fs::write(&path, "{\"$include\": \"./other.json\"}").unwrap();
        let expected = ConfigText { readable: true, includes: true, comment: None };
        assert_eq!(file(path).text().await, expected);
    }
}
