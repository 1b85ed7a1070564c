//! models.json as it may be shown: the file holds other providers' keys, and a diff shows what is around a change.

/// The names whose texts are ours to show.
const SHOWN: [&str; 5] = ["id", "name", "api", "input", "maxTokensField"];

/// What is written as `apiKey`, and is no secret.
const MARKER: &str = domain::API_KEY_MARKER;

/// A JSON text in which each text is `"…"` that could be a secret: whatever stands below a name that lmsync does not
/// write itself. An address is shown without what could be a password in it.
pub(super) fn masked(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    let mut name = "";
    let mut rest = json;
    while let Some(open) = rest.find('"') {
        let (before, string) = rest.split_at(open);
        shown.push_str(before);
        // A new object begins, or one ends: the name before it says nothing of what follows.
        if before.contains(['{', '}']) {
            name = "";
        }
        let (string, after) = string.split_at(end(string));
        rest = after;
        let inner = string.trim_matches('"');
        if after.trim_start().starts_with(':') {
            name = inner;
            shown.push_str(string);
        } else if is_shown(name, inner) {
            shown.push_str(string);
        } else {
            shown.push_str("\"…\"");
        }
    }
    shown.push_str(rest);
    shown
}

fn is_shown(name: &str, text: &str) -> bool {
    match name {
        "apiKey" => text == MARKER,
        "baseUrl" => !text.contains(['@', '?', '#']),
        name => SHOWN.contains(&name),
    }
}

/// Where a text that begins with a string goes on after it.
fn end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_be_a_secret_is_not_shown_wherever_it_stands() {
        let json = r#"{"providers":{"other":{"apiKey":"sk-SECRET","baseUrl":"https://me:SECRET@h/v1","headers":
            {"Authorization":"Bearer SECRET","list":["SECRET"]},"x\"y":"SECRET\\","name":{"z":"SECRET"}},
            "lmstudio":{"apiKey":"lmstudio-local","baseUrl":"http://h/v1","api":"openai-completions","models":
            [{"id":"a","input":["text","image"],"contextWindow":128000}]}}}"#;
        let shown = masked(json);
        assert!(!shown.contains("SECRET"), "{shown}");
        for kept in [r#""other":{"apiKey":"…""#, r#""x\"y":"…""#, r#""apiKey":"lmstudio-local""#, r#""id":"a""#] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
        assert!(
            shown.contains(r#""baseUrl":"http://h/v1""#)
                && shown.contains(r#"["text","image"],"contextWindow":128000"#)
        );
    }

    proptest! {
        #[test]
        fn a_text_that_is_no_json_is_masked_too(text in "[\"\\\\:{},a é]{0,40}") {
            masked(&text);
        }
    }
}
