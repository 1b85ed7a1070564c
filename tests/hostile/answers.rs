//! Each way in which an answer can be wrong, by name: the bytes, and what becomes of it.

use crate::hostile::server::{Act, answer};

/// What a daemon has to make of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// It is refused, and the log says this.
    Refused(&'static str),
    /// It is a list, of `good` alone.
    Listed,
}

use Fate::{Listed, Refused};

/// One way.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) acts: Vec<Act>,
    pub(crate) fate: Fate,
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const LATE: &str = "did not answer within";
const LARGE: &str = "larger than 10 MiB";
const TOO_LARGE: &str = "larger than 512 MiB";
const NOT_HTTP: &str = "not HTTP";
const CLOSED: &str = "closed before the answer was complete";
const MIB: usize = 1 << 20;

fn say(text: impl AsRef<[u8]>) -> Act {
    Act::Say(text.as_ref().to_vec())
}

fn ok(body: impl AsRef<[u8]>) -> Vec<Act> {
    answer("200 OK", body)
}

fn to(location: &str) -> Vec<Act> {
    answer(&format!("302 Found\r\nlocation: {location}"), "")
}

/// A list with `good`, beside this.
fn beside(members: &str, entries: &str) -> Vec<Act> {
    ok(format!(r#"{{{members}"data":[{entries}{{"id":"good"}}]}}"#))
}

/// All of them.
pub(crate) fn all() -> Vec<Scenario> {
    let space = vec![b' '; 64 << 10];
    let chunk = [format!("{:x}\r\n", space.len()).into_bytes(), space.clone(), b"\r\n".to_vec()].concat();
    let chunked = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let scenarios = [
        ("silence", vec![Act::Wait], Refused(LATE)),
        ("a slow head", vec![say("HTTP/1.1 200 OK\r\nx: "), Act::Drip(b"x".to_vec())], Refused(LATE)),
        ("a slow body", vec![say(format!("{HEAD}\r\n{{")), Act::Drip(b" ".to_vec())], Refused(LATE)),
        ("a slow chunk", vec![say(&chunked), say("5\r\n{"), Act::Drip(b" ".to_vec())], Refused("")),
        ("1xx without end", vec![Act::Repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), usize::MAX)], Refused(LATE)),
        (
            "half-closed",
            vec![say(format!("{HEAD}content-length: 50\r\n\r\n{{")), Act::HalfClose, Act::Wait],
            Refused(CLOSED),
        ),
        ("a length too long", vec![say(format!("{HEAD}content-length: 50\r\n\r\n{{}}"))], Refused(CLOSED)),
        (
            "a length too short",
            vec![say(format!("{HEAD}content-length: 5\r\n\r\n{{\"data\":[]}}"))],
            Refused("ends too early"),
        ),
        (
            "an absurd length",
            vec![say(format!("{HEAD}content-length: 99999999999999999999999\r\n\r\n")), Act::Wait],
            Refused(NOT_HTTP),
        ),
        ("100 MB, announced", vec![say(format!("{HEAD}content-length: 104857600\r\n\r\n")), Act::Wait], Refused(LATE)),
        (
            "600 MB, announced",
            vec![say(format!("{HEAD}content-length: 629145600\r\n\r\n")), Act::Wait],
            Refused(TOO_LARGE),
        ),
        ("100 MB", vec![say(format!("{HEAD}\r\n")), Act::Repeat(space.clone(), 1600)], Refused(LARGE)),
        ("a body without end", vec![say(format!("{HEAD}\r\n")), Act::Repeat(space, usize::MAX)], Refused(LARGE)),
        ("chunks without end", vec![say(&chunked), Act::Repeat(chunk, usize::MAX)], Refused(LARGE)),
        (
            "entries without end",
            vec![say(format!("{HEAD}\r\n{{\"data\":[")), Act::Repeat(br#"{"id":"evil"},"#.repeat(4 << 10), usize::MAX)],
            Refused("more than 100000"),
        ),
        (
            "an entry without end",
            vec![say(format!("{HEAD}\r\n[{{\"id\":\"evil\",\"x\":[")), Act::Repeat(b"[],".repeat(9999), usize::MAX)],
            Refused(LARGE),
        ),
        (
            "ids of 1,000 characters without end",
            vec![
                say(format!("{HEAD}\r\n{{\"data\":[")),
                Act::Repeat(format!(r#"{{"id":"{}"}},"#, "x".repeat(1000)).repeat(64).into(), usize::MAX),
            ],
            Refused("more than 10 MiB"),
        ),
        ("bad chunks", vec![say(&chunked), say("zz\r\n{}\r\n")], Refused(NOT_HTTP)),
        ("a chunk of 2^64 bytes", vec![say(&chunked), say("fffffffffffffffff\r\n{}")], Refused(NOT_HTTP)),
        (
            "two lengths",
            vec![say(format!("{HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n{{}}"))],
            Refused(NOT_HTTP),
        ),
        (
            "headers without end",
            vec![say(HEAD), Act::Repeat(b"x-more: and more\r\n".to_vec(), usize::MAX)],
            Refused(NOT_HTTP),
        ),
        ("another protocol", vec![say("SSH-2.0-OpenSSH_9.9\r\n")], Refused(NOT_HTTP)),
        ("TLS", vec![say([0x15, 3, 3, 0, 2, 2, 40])], Refused(NOT_HTTP)),
        ("101", vec![say("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n{")], Refused("")),
        ("nothing", vec![], Refused(CLOSED)),
        ("a reset", vec![say(&HEAD[..20]), Act::Reset], Refused("")),
        ("204", vec![say("HTTP/1.1 204 No Content\r\n\r\n")], Refused("HTTP 204: the answer is empty")),
        ("a gzip bomb", ok([&[0x1f, 0x8b, 8][..], &vec![0; 9 * MIB]].concat()), Refused("compressed")),
        ("HTML", ok("<!doctype html><script>alert(1)</script>"), Refused("HTML")),
        ("502", answer("502 Bad Gateway", "<html>"), Refused("HTTP 502")),
        ("a list that failed", answer("500 Oh", r#"{"data":[{"id":"evil"}]}"#), Refused("HTTP 500")),
        ("401", answer("401 Unauthorized", r#"{"data":[{"id":"evil"}]}"#), Refused("refuses the key")),
        ("no object", ok("5"), Refused("not an object")),
        ("an array alone", ok(r#"[{"id":"good"}]"#), Listed),
        ("no id", ok(r#"{"data":[{"name":"evil\u001b[2J","model":"evil"},7]}"#), Refused("none of its 2 entries")),
        ("pages without end", beside(r#""has_more":true,"#, ""), Listed),
        ("cut off", ok(r#"{"data":[{"id":"evil"}"#), Refused("ends too early")),
        ("nesting without end", ok("[".repeat(9 * MIB)), Refused("levels deep")),
        ("nesting below data", ok(format!(r#"{{"data":{}"#, "[".repeat(9 * MIB))), Refused("levels deep")),
        ("a number for a list", ok(format!(r#"{{"data":1{}}}"#, "0".repeat(9 * MIB))), Refused("a number")),
        ("no UTF-8", ok(b"{\"data\":[{\"id\":\"\xff\xfe\"}]}"), Refused("not UTF-8")),
        (
            "1,000,000 ids",
            ok(format!(r#"{{"data":[{}]}}"#, vec![r#"{"id":""}"#; 1_000_000].join(","))),
            Refused("more than 100000"),
        ),
        ("an error of 9 MB", ok(format!(r#"{{"error":"{}"}}"#, "a\\n".repeat(3 * MIB))), Refused("without a message")),
        ("a redirect in a circle", to("/v1/models"), Refused("redirects more than 3 times")),
        ("a redirect to a file", to("file:///etc/passwd"), Refused("redirects to file:///etc/passwd")),
        (
            "a redirect to metadata",
            to("http://169.254.169.254/latest/meta-data/"),
            Refused("redirects to http://169.254.169.254"),
        ),
        ("a redirect to link-local", to("http://[fe80::1]/"), Refused("redirects to http://[fe80::1]")),
        ("a redirect to TLS", to("https://127.0.0.1/v1/models"), Refused("redirects to https://127.0.0.1")),
        ("a redirect to nothing", to("http://"), Refused("redirects to")),
        ("10,000 levels", beside(&format!(r#""x":{},"#, nested(10_000)), &format!("{},", nested(10_000))), Listed),
        ("huge numbers", beside(r#""x":1e999999999,"#, r#"{"id":1e9},{"id":1000000000},"#), Listed),
        ("half surrogates", beside(r#""\ud800":0,"#, r#"{"id":"\ud800"},{"id":"\udc00\ud800"},"#), Listed),
        ("keys twice", beside(r#""data":[{"id":"evil"}],"#, r#"{"id":"evil","id":5},"#), Listed),
        (
            "__proto__",
            beside(r#""__proto__":{"data":5},"#, r#"{"id":"__proto__"},{"__proto__":{"id":"evil"}},"#),
            Listed,
        ),
        ("an id of 1 MB", beside("", &format!(r#"{{"id":"{}"}},"#, "x".repeat(MIB))), Listed),
        (
            "ids that act",
            beside("", r#"{"id":"a\u001b[2J"},{"id":"a\u202eb"},{"id":"a\nb"},{"id":"\u009b2J"},"#),
            Listed,
        ),
        ("just 10 MiB", beside(&" ".repeat(10 * MIB - 26), ""), Listed),
    ];
    scenarios.into_iter().map(|(name, acts, fate)| Scenario { name, acts, fate }).collect()
}
