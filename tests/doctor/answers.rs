//! Servers that answer with something else than a list of models: the doctor names each by its kind and in its own
//! words, with advice that fits it, by the doctor and by every command that asks it.

use super::simulator;
use crate::support::PATIENCE;
use crate::support::answer_server::{Answer, AnswerServer};
use crate::support::daemon::ANYWHERE;
use crate::support::doctor::{Told, doctor, run};
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::world::World;

const LOADING: &str = include_str!("../cases/04-llama-server-loading-503.json");

const LIST: Answer = ("200 OK", r#"{"object":"list","data":[{"id":"qwen3:8b","owned_by":"library"}]}"#);

const NOT_FOUND: Answer = ("404 Not Found", "404 page not found");

async fn told(base: &str, environment: &[(&str, &str)]) -> Told {
    doctor(&World::new(), base, environment).await
}

/// Nothing that is said of a server speaks of LM Studio's commands and menus.
fn speaks_of_no_lm_studio(told: &Told) {
    for finding in told.json["checks"].as_array().unwrap() {
        let area = finding["check"].as_str().unwrap().split('.').next().unwrap();
        let text = finding["fix"].to_string();
        let of_server = matches!(area, "server" | "models");
        assert!(!of_server || !text.contains("lms ") && !text.contains("LM Studio"), "{finding:#}");
    }
}

#[tokio::test]
async fn each_kind_of_answer_has_its_own_sentence_and_advice() {
    for (answer, check, words, advice) in [
        (
            ("503 Service Unavailable", LOADING),
            "server.reachable",
            "is there, and not ready yet: HTTP 503: the server says: Loading model",
            "wait until it has loaded",
        ),
        (
            ("503 Service Unavailable", r#"{"error":"server busy"}"#),
            "server.reachable",
            "has no list of models for now: HTTP 503: the server says: server busy",
            "asks again by itself",
        ),
        (
            ("502 Bad Gateway", "<html><head><title>502 Bad Gateway</title></head></html>"),
            "server.reachable",
            "answered by a proxy, and the server behind it does not answer: HTTP 502: the answer is an HTML page",
            "start the server behind the proxy",
        ),
        (
            ("302 Found\r\nlocation: https://sso.example/oauth2/start?rd=x", ""),
            "server.reachable",
            "leads to a login page: it redirects to https://sso.example",
            "cannot log in",
        ),
        (
            ("200 OK", "<html><title>Sign in</title><input type=\"password\">"),
            "server.reachable",
            "leads to a login page: the answer is an HTML page (`Sign in`)",
            "cannot log in",
        ),
        (
            ("302 Found\r\nlocation: https://elsewhere.example/v1/models", ""),
            "server.reachable",
            "redirects elsewhere: it redirects to https://elsewhere.example",
            "set the address to which it redirects",
        ),
        (
            ("401 Unauthorized\r\nwww-authenticate: Basic realm=\"models\"", "<title>401</title>"),
            "server.key",
            "wants a user name and a password (HTTP 401)",
            "LMSYNC_KEY_HEADER=basic",
        ),
        (
            ("401 Unauthorized", r#"{"detail":"Not authenticated"}"#),
            "server.key",
            "refuses the key (HTTP 401): the server says: Not authenticated; no key of yours is set",
            "OPENAI_API_KEY=…",
        ),
        (
            ("403 Forbidden", "Invalid host header"),
            "server.reachable",
            "does not accept the host name in this address: HTTP 403: text (`Invalid host header`)",
            "add 127.0.0.1 to the names that the server accepts",
        ),
        (
            ("403 Forbidden", r#"{"detail":"IP not on the list"}"#),
            "server.reachable",
            "refuses the request: HTTP 403: the server says: IP not on the list",
            "let this machine",
        ),
        (
            ("500 Internal Server Error", r#"{"error":{"msg":"out of memory"}}"#),
            "server.reachable",
            "answered with an error of its own: HTTP 500: the server says: out of memory",
            "own log",
        ),
        (
            ("200 OK", "not found"),
            "server.reachable",
            "something other than a list of models: text (`not found`)",
            "the usual paths were tried too",
        ),
        (
            ("404 Not Found", r#"{"detail":[{"loc":["path"],"msg":"no such route"}]}"#),
            "server.reachable",
            "no list of models at this path: HTTP 404: the server says: path: no such route",
            "the usual paths were tried too",
        ),
        (
            ("200 OK", r#"{"success":false,"message":"no group"}"#),
            "server.reachable",
            "the server says: no group",
            "the usual paths were tried too",
        ),
        (
            ("200 OK", "<!doctype html><title>Welcome</title>"),
            "server.reachable",
            "answered with a web page instead of a list of models: the answer is an HTML page (`Welcome`)",
            "the usual paths were tried too",
        ),
    ] {
        let server = AnswerServer::always(answer).await;
        let told = told(&server.at("/v1"), &[]).await;
        told.finds("failure", check, words, advice);
        assert!(!told.json.to_string().contains("another program"), "{words}");
        speaks_of_no_lm_studio(&told);
    }
}

#[tokio::test]
async fn sync_the_log_the_status_and_the_doctor_use_the_same_words() {
    const WORDS: &str = "is there, and not ready yet: HTTP 503: the server says: Loading model";
    let server = AnswerServer::always(("503 Service Unavailable", LOADING)).await;
    let world = World::new();
    let sync = run(&world, &server.at("/v1"), &["sync"], &[]).await;
    assert_eq!(sync.status.code(), Some(69));
    assert!(sync.stderr.contains(WORDS) && sync.stderr.contains("asks again by itself"), "{}", sync.stderr);
    doctor(&world, &server.at("/v1"), &[]).await.finds("failure", "server.reachable", WORDS, "");
    let mut command = lmsync(&world, &server.at("/v1"));
    command.arg("run").env("OPENCLAW_GATEWAY_PORT", "9").env(ANYWHERE.0, ANYWHERE.1);
    let mut daemon = Running::start(&mut command);
    let line = daemon.wait_for_line("lmstudio does not list its models", PATIENCE).await;
    assert!(line.contains(WORDS), "{line}");
    let status = run(&world, &server.at("/v1"), &["status", "--json"], &[]).await;
    assert!(status.stdout.contains(WORDS), "{} {}", status.stdout, status.stderr);
}

#[tokio::test]
async fn where_the_path_is_wrong_the_one_that_lists_models_is_named() {
    for path in ["/v1", "/api/v1", "/engines/v1", "/api", "/v1beta/openai"] {
        let models = format!("{path}/models").leak();
        let server = AnswerServer::start(&[(models, LIST)], NOT_FOUND).await;
        let set = format!("OPENAI_API_BASE={}", server.at(path));
        let told = told(&server.at("/openai/v1"), &[("OPENAI_API_KEY", "a-key-of-mine-0123456789")]).await;
        told.finds("failure", "server.reachable", "HTTP 404: text (`404 page not found`)", &set);
        // Only the path that somebody has named is sent the key.
        for head in server.heads() {
            let asked = head.split(' ').nth(1).unwrap();
            let named = asked.starts_with("/openai/") || asked == "/lmstudio-greeting";
            assert!(named || !head.contains("a-key-of-mine"), "{head}");
        }
        // What is named works.
        let world = World::new();
        run(&world, &server.at(path), &["sync"], &[]).await.success();
        assert_eq!(world.ids(), ["qwen3:8b"], "{path}");
    }
}

#[tokio::test]
async fn a_page_at_the_usual_path_leads_to_the_one_with_the_list() {
    // Open WebUI: every path that it does not know is its page.
    let page = ("200 OK", "<!doctype html><html><head><title>Open WebUI</title></head></html>");
    let open = AnswerServer::start(&[("/api/models", LIST)], page).await;
    let set = format!("OPENAI_API_BASE={}", open.at("/api"));
    told(&open.at("/v1"), &[]).await.finds("failure", "server.reachable", "`Open WebUI`", &set);

    let refusal = ("401 Unauthorized", r#"{"detail":"Not authenticated"}"#);
    let locked = AnswerServer::start(&[("/api/models", refusal)], page).await;
    let set = format!("OPENAI_API_BASE={}", locked.at("/api"));
    told(&locked.at("/v1"), &[]).await.finds("failure", "server.reachable", "a key is asked for at", &set);
}

#[tokio::test]
async fn a_password_lets_in_and_is_sent_in_that_header_alone() {
    let server = AnswerServer::always(LIST).await;
    let key = ("OPENAI_API_KEY", "me:hunter2-and-more-than-that");
    for (header, sent) in [
        ("bearer", "authorization: Bearer me:hunter2-and-more-than-that"),
        ("basic", "authorization: Basic bWU6aHVudGVyMi1hbmQtbW9yZS10aGFuLXRoYXQ="),
        ("api-key", "api-key: me:hunter2-and-more-than-that"),
    ] {
        let before = server.heads().len();
        let environment = [key, ("LMSYNC_KEY_HEADER", header)];
        run(&World::new(), &server.at("/v1"), &["sync"], &environment).await.success();
        for head in &server.heads()[before..] {
            let lines: Vec<&str> =
                head.lines().filter(|line| line.contains("hunter2") || line.contains("bWU6")).collect();
            assert_eq!(lines, [sent], "{head}");
        }
    }
    let environment = [("OPENAI_API_KEY", "hunter2"), ("LMSYNC_KEY_HEADER", "basic")];
    let refused = run(&World::new(), &server.at("/v1"), &["sync"], &environment).await;
    assert_eq!(refused.status.code(), Some(78));
    assert!(refused.stderr.contains("user:password") && !refused.stderr.contains("hunter2"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_further_server_has_its_own_header_and_is_mended_in_its_own_place() {
    let first = AnswerServer::always(LIST).await;
    let basic = ("401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"", "");
    let further = AnswerServer::always(basic).await;
    let world = World::new();
    let toml = format!(
        "[[server]]\nbase_url = \"{}\"\nprovider = \"attic\"\nkey_env = \"ATTIC_KEY\"\nkey_header = \"x-api-key\"\n",
        further.at("/v1")
    );
    super::write(&world.state().join("lmsync.toml"), &toml);
    let told = doctor(&world, &first.at("/v1"), &[("ATTIC_KEY", "attic-secret-0123456789")]).await;
    told.finds("failure", "server.key", "wants a user name and a password", "key_header = \"basic\"");
    let heads = further.heads();
    assert!(heads.iter().all(|head| head.contains("\r\nx-api-key: attic-secret-0123456789\r\n")), "{heads:?}");
    assert!(heads.iter().all(|head| !head.contains("authorization")), "{heads:?}");
}

#[tokio::test]
async fn a_key_of_openai_s_for_another_server_is_warned_about() {
    let server = AnswerServer::always(LIST).await;
    for (key, warned) in [("sk-proj-0123456789abcdef", true), ("sk-1234", false), ("lm-studio", false)] {
        let told = told(&server.at("/v1"), &[("OPENAI_API_KEY", key)]).await;
        if warned {
            told.finds("warning", "server.key", "is one of OpenAI's", "OPENAI_API_KEY=");
        }
        assert_eq!(told.of_check("server.key").is_empty(), !warned, "{key}");
        assert!(!told.json.to_string().contains("0123456789"), "{key}");
    }
}

#[tokio::test]
async fn another_server_is_named_where_it_tells_and_gets_advice_of_its_own() {
    let ollama = AnswerServer::start(&[("/v1/models", LIST)], NOT_FOUND).await;
    let named = told(&ollama.at("/v1"), &[]).await;
    named.finds("good", "server.kind", "it is Ollama", "");
    speaks_of_no_lm_studio(&named);
    let other = r#"{"data":[{"id":"a","owned_by":"me"}]}"#;
    let other = AnswerServer::start(&[("/v1/models", ("200 OK", other))], NOT_FOUND).await;
    told(&other.at("/v1"), &[]).await.finds("good", "server.kind", "it is another server than LM Studio", "");
    // LM Studio behind a proxy that lets only some of its paths through.
    const OWN: &str = include_str!("../cases/17-lmstudio-two-instances-api-v1.json");
    const OPENAI: &str = include_str!("../cases/17-lmstudio-two-instances-v1.json");
    let list = ("/v1/models", ("200 OK", OPENAI));
    let both = AnswerServer::start(&[list, ("/api/v1/models", ("200 OK", OWN))], NOT_FOUND).await;
    told(&both.at("/v1"), &[]).await.finds("good", "server.kind", "it is LM Studio; its own API (/api/v1)", "");
    let one = AnswerServer::start(&[list], NOT_FOUND).await;
    told(&one.at("/v1"), &[]).await.finds("good", "server.kind", "it is LM Studio, of which only OpenAI's API", "");
}

#[tokio::test]
async fn models_of_other_servers_get_rules_that_hold_all_of_them_and_no_command_of_lm_studio_s() {
    const NAMES: &str = include_str!("../cases/52-gpt4all-ids-with-spaces.json");
    let server = AnswerServer::start(&[("/v1/models", ("200 OK", NAMES))], NOT_FOUND).await;
    let world = World::new();
    let rule = r#"exclude = ["Llama 3 8B Instruct", "Reasoner v1"]"#;
    let told = doctor(&world, &server.at("/v1"), &[]).await;
    told.finds("warning", "models.ids", "2 models cannot be selected", rule);
    speaks_of_no_lm_studio(&told);
    // The rule does what it says.
    super::write(&world.state().join("lmsync.toml"), rule);
    let told = doctor(&world, &server.at("/v1"), &[]).await;
    told.finds("failure", "server.models", "the rules leave all of them out", "lmsync explain");
}

#[tokio::test]
async fn an_address_that_lm_studio_prints_leads_to_the_one_that_openclaw_can_use() {
    let simulator = simulator(&["qwen/qwen3-8b"]).await;
    let base = simulator.base_url();
    let root = base.strip_suffix("/v1").unwrap();
    for path in ["/api/v1", "/api/v0", "/api", "/v1/chat/completions", "/models"] {
        let world = World::new();
        let at = format!("{root}{path}");
        run(&world, &at, &["sync"], &[]).await.success();
        let file: serde_json::Value = serde_json::from_slice(&std::fs::read(world.models_json()).unwrap()).unwrap();
        let entry = &file["providers"]["lmstudio"];
        assert_eq!(entry["baseUrl"], base, "{path}");
        assert_eq!(entry["models"][0]["contextTokens"], 65_536, "LM Studio's own facts are there: {path}");
        doctor(&world, &at, &[]).await.works().finds("good", "server.reachable", &base, "").finds(
            "good",
            "server.kind",
            "LM Studio 0.4.24",
            "",
        );
    }
}

#[tokio::test]
async fn rules_that_leave_nothing_are_warned_about() {
    let server = AnswerServer::always(LIST).await;
    let world = World::new();
    super::write(&world.state().join("lmsync.toml"), "exclude = [\"*\"]\n");
    doctor(&world, &server.at("/v1"), &[]).await.finds(
        "failure",
        "server.models",
        "the rules leave all of them out",
        "lmsync explain",
    );
    let mut daemon = Running::start(lmsync(&world, &server.at("/v1")).arg("run").env("OPENCLAW_GATEWAY_PORT", "9"));
    daemon.wait_for_line("the rules leave out every model that lmstudio lists", PATIENCE).await;
}

#[tokio::test]
async fn variables_that_are_not_read_and_quotes_that_are_part_of_a_value_are_named() {
    let server = AnswerServer::always(LIST).await;
    let environment = [("OPENAI_API_BASE", ""), ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")];
    told(&server.at("/v1"), &environment).await.finds(
        "warning",
        "configuration.variables",
        "OPENAI_BASE_URL (from the environment) is not read: the server's address is read from OPENAI_API_BASE",
        "OPENAI_API_BASE=",
    );
    let quoted = format!("\"{}\"", server.at("/v1"));
    told(&quoted, &[]).await.finds("failure", "configuration.settings", "the quotes around it", "");
    told(&server.at("/v1"), &[("OPENAI_API_KEY", "'quoted-key'")]).await.finds(
        "warning",
        "configuration.variables",
        "the value of OPENAI_API_KEY begins and ends with a quote",
        "leave them out",
    );
}
