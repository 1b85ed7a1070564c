//! The laws of an edit for any bytes: tried by the fuzzer, by a short test, and in no other build.

use domain::{Input, Model, ModelId, Provider, describe};

use super::foreign::{OURS, foreign, planned};
use super::{edit, view};

/// A document, after four bytes that choose what is planned for it. It is refused, or edited so that all that is
/// foreign is still there, that nothing is left to plan, and that the same edit again changes nothing.
pub fn models_json(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first_chunk() else { return };
    if view(text, OURS).is_err() {
        return;
    }
    let wanted = wanted(*choice);
    let edited = edit(text, OURS, &planned(text, wanted.clone())).expect("what can be viewed can be edited");
    assert_eq!(foreign(text, &wanted.models), foreign(&edited, &wanted.models));
    let nothing = planned(&edited, wanted);
    assert!(nothing.is_empty(), "{nothing:?}");
    assert_eq!(edit(&edited, OURS, &nothing).as_ref(), Ok(&edited), "the same edit again");
}

/// Some of four models, each as four bits have it.
fn wanted([which, tokens, name, url]: [u8; 4]) -> Provider {
    let models = ["a", "b", "c", "d"].into_iter().enumerate().filter_map(|(bit, id)| {
        let has = |byte: u8, shift: usize| byte >> (bit + shift) & 1 == 1;
        let id = ModelId::new(id).ok()?;
        let mut model = Model {
            reasoning: has(which, 4),
            context_window: 1 + u64::from(tokens & 3),
            context_tokens: has(tokens, 2).then_some(2),
            input: if has(name, 4) { Input::TextAndImage } else { Input::Text },
            ..describe(&id, None)
        };
        if has(name, 0) {
            model.name = "\"\\\u{1}\u{202e}é".to_owned();
        }
        has(which, 0).then_some(model)
    });
    Provider { base_url: format!("http://h{url}/v1"), models: models.collect() }
}
