//! Servers that are broken or mean: each costs bounded time and memory, and gives an error that says why.

use std::time::Instant;

use domain::ports::{ModelSource, SourceError};

use crate::server::{Act, Drip, Hear, Repeat, Reset, Say, Server, Wait, one_model};
use crate::{AMPLE, SHORT, chain, client, ids, models};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

fn say(text: impl AsRef<str>) -> Act {
    Say(text.as_ref().as_bytes().to_vec())
}

#[tokio::test]
async fn an_answer_that_does_not_end_in_time_is_given_up_in_time() {
    let scripts = [
        ("silence", vec![Hear, Wait]),
        ("a slow head", vec![Hear, say("HTTP/1.1 200 OK\r\nx: "), Drip(b"x".to_vec())]),
        ("a slow body", vec![Hear, say(format!("{HEAD}\r\n")), Drip(b" ".to_vec())]),
        ("1xx without end", vec![Hear, Repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec())]),
        ("a body that stays short", vec![Hear, say(format!("{HEAD}content-length: 50\r\n\r\n{{")), Wait]),
    ];
    for (name, script) in scripts {
        let server = Server::playing(vec![script]).await;
        let start = Instant::now();
        let error = client(&server.root(), SHORT).models().await.unwrap_err();
        let took = start.elapsed();
        assert!(matches!(error, SourceError::TimedOut { limit, .. } if limit == SHORT), "{name}: {error:?}");
        assert!(took >= SHORT && took < SHORT * 10, "{name}: {took:?}");
        assert_eq!(server.heard().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_before_it_is_had() {
    let chunk = |text: &[u8]| [format!("{:x}\r\n", text.len()).as_bytes(), text, b"\r\n"].concat();
    let (space, entry) = (vec![b' '; 64 * 1024], br#"{"id":"a"},"#.repeat(4096));
    let (ten, all) = ("larger than 10 MiB", "larger than 512 MiB");
    let scripts = [
        ("announced", vec![Hear, say(format!("{HEAD}content-length: 536870913\r\n\r\n")), Wait], all),
        ("announced absurdly", vec![Hear, say(format!("{HEAD}content-length: {}\r\n\r\n", u64::MAX - 2)), Wait], all),
        ("endless", vec![Hear, say(format!("{HEAD}\r\n")), Repeat(space.clone())], ten),
        (
            "endless chunks",
            vec![Hear, say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n")), Repeat(chunk(&space))],
            ten,
        ),
        (
            "an entry without end",
            vec![Hear, say(format!("{HEAD}\r\n{{\"data\":[5,5,{{\"id\":\"a\",\"x\":\"")), Repeat(space)],
            ten,
        ),
        (
            "entries without end",
            vec![Hear, say(format!("{HEAD}\r\n{{\"data\":[")), Repeat(entry)],
            "more than 100000 models",
        ),
    ];
    for (name, script, said) in scripts {
        let server = Server::playing(vec![script]).await;
        let error = client(&server.root(), AMPLE).models().await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{name}: {error:?}");
        assert!(chain(&error).contains(said), "{name}: {}", chain(&error));
    }
}

#[tokio::test]
async fn a_list_of_just_10_mib_is_read() {
    let list = br#"{"data":[{"id":"a"}]}"#;
    let mut body = vec![b' '; 10 * 1024 * 1024 - list.len()];
    body.extend_from_slice(list);
    let server = Server::saying(crate::server::answer("200 OK", body)).await;
    assert_eq!(ids(&models(&server.root()).await.unwrap()), ["a"]);
}

/// Over 30 MB of entries that say more than they need to.
fn long_entries() -> Vec<String> {
    let entry = |n| {
        let (description, parameters) = ("a \\\"model\\\", or [none]".repeat(150), r#"["tools","reasoning"]"#);
        format!(
            r#"{{"id":"v/m-{n}","name":"M {n}","description":"{description}","context_length":{},
            "supported_parameters":{parameters},"pricing":{{"prompt":"0.000001","completion":"0.000002"}}}}"#,
            1000 + n
        )
    };
    (0..9_000).map(entry).collect()
}

#[tokio::test]
async fn a_long_list_is_read_as_a_short_one_is() {
    let mut entries = long_entries();
    entries.insert(5_000, r#"{"name":"no id"}"#.into());
    let entries = entries.join(",\n");
    let bare = format!("[{entries}]");
    let listed = format!(r#"{{"object":"list","data":[{entries}],"has_more":false}}"#);
    for body in [listed, bare] {
        let server = Server::saying(crate::server::answer("200 OK", body)).await;
        let listing = client(&server.root(), AMPLE).models().await.unwrap();
        assert_eq!(listing.ids().len(), 9_000);
        assert_eq!(listing.incomplete().map(domain::Incomplete::skipped), Some(1));
        for n in [0, 4_999, 5_000, 8_999] {
            let facts = listing.facts().get(&listing.ids()[n]).unwrap();
            assert_eq!(facts.max_context, Some(1000 + n as u64));
            assert_eq!(facts.name.as_deref(), Some(format!("M {n}").as_str()));
            assert_eq!(facts.reasoning, Some(true));
        }
    }
}

#[tokio::test]
async fn a_long_list_that_is_broken_anywhere_is_no_list() {
    let entries = long_entries().join(",");
    let (whole, half) = (format!(r#"{{"data":[{entries}]}}"#), format!(r#"{{"data":[{entries}"#));
    let cut = whole.len() / 2;
    let announced = format!("{HEAD}content-length: {}\r\n\r\n{}", whole.len(), &whole[..cut]);
    let closed = "closed before the answer was complete";
    for (name, script, said) in [
        ("closed", vec![Hear, say(&announced)], closed),
        ("reset", vec![Hear, say(&announced), Reset], ""),
        ("ended", vec![Hear, say(format!("{HEAD}\r\n{half}"))], "ends too early"),
        ("an error", vec![Hear, say(format!("{HEAD}\r\n{half}],\"error\":{{\"message\":\"no\"}}}}"))], "is an error"),
        ("garbage", vec![Hear, say(format!("{HEAD}\r\n{half},{{\"id\" 5}}]}}"))], "not JSON (line "),
        ("disowned", vec![Hear, say(format!("HTTP/1.1 500 No\r\n\r\n{whole}"))], "says that the request failed"),
        ("slow", vec![Hear, say(&announced), Wait], "within"),
    ] {
        let server = Server::playing(vec![script]).await;
        let limit = if name == "slow" { SHORT } else { AMPLE };
        let error = client(&server.root(), limit).models().await.unwrap_err();
        assert!(chain(&error).contains(said), "{name}: {}", chain(&error));
    }
}

#[tokio::test]
async fn what_is_not_http_is_malformed() {
    for (name, script) in [
        ("another protocol", vec![Hear, say("SSH-2.0-OpenSSH_9.9\r\n")]),
        ("bad chunks", vec![Hear, say(format!("{HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}\r\n"))]),
        ("two lengths", vec![Hear, say(format!("{HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n{{}}"))]),
        ("a negative length", vec![Hear, say(format!("{HEAD}content-length: -1\r\n\r\n{{}}"))]),
        ("an endless head", vec![Hear, say(HEAD), Repeat(b"x-more: and more\r\n".to_vec())]),
        ("an endless line", vec![Hear, say("HTTP/1.1 200 OK\r\nx: "), Repeat(vec![b'x'; 4096])]),
        ("another protocol after all", vec![Hear, say("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n{")]),
    ] {
        let server = Server::playing(vec![script]).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_an_error_and_never_part_of_a_list() {
    let whole = one_model("some/model");
    for cut in 0..whole.len() {
        let server = Server::playing(vec![vec![Hear, Say(whole[..cut].to_vec())]]).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Unreachable { .. }), "{cut}: {error:?}");
        assert!(chain(&error).contains("closed before the answer was complete"), "{cut}: {}", chain(&error));
        assert_eq!(server.heard().len(), 1, "{cut}: a fresh connection is not tried twice");
    }
}

#[tokio::test]
async fn an_answer_reset_at_any_byte_is_an_error_and_never_part_of_a_list() {
    let whole = one_model("some/model");
    for cut in 0..whole.len() {
        let server = Server::playing(vec![vec![Hear, Say(whole[..cut].to_vec()), Reset]]).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Unreachable { .. }), "{cut}: {error:?}");
        assert_eq!(server.heard().len(), 1, "{cut}: a fresh connection is not tried twice");
    }
}

#[tokio::test]
async fn one_million_models_are_refused() {
    let body = format!(r#"{{"data":[{}]}}"#, vec![r#"{"id":""}"#; 1_000_000].join(","));
    let server = Server::saying(crate::server::answer("200 OK", body)).await;
    let error = client(&server.root(), AMPLE).models().await.unwrap_err();
    assert!(chain(&error).contains("more than 100000 models"), "{}", chain(&error));
}
