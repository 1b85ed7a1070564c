//! A server that does not list its models: why, and what helps.

use domain::Chain;
use domain::ports::{AnswerKind, Failure, SourceError, Wants};

use super::facts::{Asked, Elsewhere, LM_STUDIO_PORT, Place};
use crate::doctor::finding::{Check, Finding};
use crate::doctor::lines;
use crate::host_kind::HostKind;

const REACHED: Check = Check("server.reachable");
const TLS: Check = Check("server.tls");

/// What keeps a program of a Mac from another machine, since macOS 15.
const MAC_MAY: &str = " May lmsync use the local network (System Settings > Privacy & Security > Local Network)?";

/// The finding for a server that does not list its models; `lm_studio` says whether it calls itself LM Studio.
pub(in crate::doctor) fn unreached(asked: &Asked, lm_studio: bool, error: &SourceError) -> Finding {
    let Asked { address, host, port, .. } = asked;
    let answered = matches!(error, SourceError::Unauthorized { .. } | SourceError::Malformed { .. });
    // Where nothing answers, only the port tells which server is meant.
    let may_be_lm_studio = lm_studio || !answered && *port == LM_STUDIO_PORT;
    match error {
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => unresolved(asked),
        SourceError::Unreachable { failure: Failure::Refused, .. } => refused(asked, may_be_lm_studio),
        SourceError::Unreachable { failure: Failure::Tls, .. } => TLS
            .failure(format!("no trusted connection: {}", cause(error)))
            .line("trust the authority that signed its certificate", "SSL_CERT_FILE=/path/to/authority.pem"),
        SourceError::Unreachable { failure: Failure::Other, .. } => {
            let may = mac_may(asked);
            REACHED.failure(format!("{address} cannot be reached: {}", cause(error))).line(
                format!("is the address right, and the machine on?{may} Set it with"),
                asked.address_line(&format!("http://HOST:{port}/v1")),
            )
        }
        SourceError::Unreachable { failure: Failure::HungUp, .. } => {
            let told = REACHED.failure(Chain(error).to_string());
            listener(asked, told, "is the server just starting? Otherwise another program may listen there")
        }
        SourceError::TimedOut { limit, .. } => {
            let limit = limit.as_secs_f32();
            timed_out(asked, REACHED.failure(format!("{address} does not answer within {limit} s")))
        }
        SourceError::Unauthorized { wants, .. } => locked(asked, error, *wants, may_be_lm_studio),
        SourceError::Malformed { kind: AnswerKind::NotHttp, .. } => {
            let told = REACHED.failure(Chain(error).to_string());
            listener(asked, told, &format!("set the server's own address in {}", asked.address_place()))
        }
        SourceError::Malformed { kind, .. } => {
            let (say, has_other_address) = other_answer(*kind, host);
            let told = REACHED.failure(Chain(error).to_string());
            if has_other_address { told.line(say, asked.address_line("http://HOST:PORT/v1")) } else { told.fix(say) }
        }
    }
}

/// Its name is not known.
fn unresolved(asked: &Asked) -> Finding {
    let Asked { host, port, here, .. } = asked;
    let told = Check("server.name").failure(format!("the name {host} is not known here"));
    let in_compose = here.container().is_some_and(|engine| engine != "Kubernetes");
    if in_compose && host == "host.docker.internal" {
        return told.line(
            "compose: give the service (with a shared network: the gateway's service)",
            "extra_hosts: [\"host.docker.internal:host-gateway\"]",
        );
    }
    let line = asked.address_line(&format!("http://localhost:{port}/v1"));
    told.line("set the server's address as this machine knows it", line)
}

/// Nobody listens there.
fn refused(asked: &Asked, may_be_lm_studio: bool) -> Finding {
    let Asked { host, port, here, .. } = asked;
    let told = |what: &str| REACHED.failure(format!("nothing listens at {host} on port {port}{what}"));
    let set = |host: &str| asked.address_line(&format!("http://{host}:{port}/v1"));
    let serve_all = format!("lms server start --bind 0.0.0.0 --port {port}");
    match (*here, may_be_lm_studio, asked.is_loopback()) {
        (HostKind::Container(engine), _, true) => {
            let (say, name) = match engine {
                "Kubernetes" => ("set the address of the server's machine or Service", "HOST"),
                "Podman" => ("set the address of the host", "host.containers.internal"),
                _ => ("set the address of the host", "host.docker.internal"),
            };
            told(&format!(": inside {engine}, {host} is the container itself")).line(say, set(name))
        }
        (HostKind::Container(_), true, false) => told(" for this container").line(
            "start LM Studio's server so that it listens on all addresses of the host (\"Serve on local network\")",
            serve_all,
        ),
        (HostKind::Container(_), false, false) => told(" for this container")
            .fix("start the server so that it listens on all addresses of the host (0.0.0.0), not on 127.0.0.1 alone"),
        (HostKind::Wsl(Some(windows)), true, true) => told(": inside WSL that is WSL itself").line(
            "where LM Studio runs on Windows: turn on \"Serve on local network\" there, and set its address; or \
             mirror WSL's network (networkingMode=mirrored)",
            set(&windows.to_string()),
        ),
        (HostKind::Wsl(None), true, true) => told(": inside WSL that is WSL itself, unless its network is mirrored")
            .line(
                "where LM Studio runs on Windows: mirror WSL's network, in %USERPROFILE%\\.wslconfig, then \
                 `wsl --shutdown` there",
                "[wsl2]\nnetworkingMode=mirrored",
            ),
        (_, true, false) => told("").line(
            format!(
                "start LM Studio's server on that machine, so that it listens on all addresses (\"Serve on local \
                 network\"), or set its address in {}",
                asked.address_place()
            ),
            serve_all,
        ),
        (_, true, true) => {
            let place = asked.address_place();
            told("").line(
                format!("start LM Studio's server (Developer > Start server), or set its address in {place}"),
                format!("lms server start --port {port}"),
            )
        }
        (_, false, _) => {
            told("").line("start the server, or set its address", asked.address_line(&format!("http://{host}:PORT/v1")))
        }
    }
}

/// It wants a key or a password.
fn locked(asked: &Asked, error: &SourceError, wants: Wants, may_be_lm_studio: bool) -> Finding {
    let nobodys = if asked.default_key { "; no key of yours is set" } else { "" };
    let (say, line) = match (wants, asked.in_file) {
        (Wants::Password | Wants::AnotherPassword, false) => {
            ("set OPENAI_API_KEY=user:password, and how it is sent", "LMSYNC_KEY_HEADER=basic")
        }
        (Wants::Password | Wants::AnotherPassword, true) => (
            "let key_env or key_file of its [[server]] in lmsync.toml hold user:password, and add",
            "key_header = \"basic\"",
        ),
        (_, true) => ("name the variable that holds its key, in its [[server]] of lmsync.toml", "key_env = \"…\""),
        (_, false) if may_be_lm_studio => (
            "make an API token (LM Studio: Developer > Server Settings > Require Authentication) and set it",
            "OPENAI_API_KEY=sk-lm-…",
        ),
        (_, false) => (
            "set a key that this server accepts (in another header than Authorization: LMSYNC_KEY_HEADER)",
            "OPENAI_API_KEY=…",
        ),
    };
    Check("server.key").failure(format!("{}{nobodys}", Chain(error))).line(say, line)
}

/// What helps where an answer is no list of models, and whether another address may.
fn other_answer(kind: AnswerKind, host: &str) -> (String, bool) {
    let (say, has_other_address) = match kind {
        AnswerKind::Loading => ("wait until it has loaded; `lmsync run` asks again by itself", false),
        AnswerKind::Busy => {
            ("`lmsync run` asks again by itself; where it stays so, the server's own log says more", false)
        }
        AnswerKind::Failed => ("the server's own log says more", false),
        AnswerKind::Refused => (
            "the server has to let this machine, with this key and by this host name, list its models; its own \
             settings and log say more",
            false,
        ),
        AnswerKind::Proxy => ("start the server behind the proxy, or set the address of the server itself", true),
        AnswerKind::Login => {
            ("lmsync cannot log in: set an address of the server that takes a key, without the login", true)
        }
        AnswerKind::Redirect => ("set the address to which it redirects, if that is the server", true),
        AnswerKind::HostName => {
            let say = format!(
                "add {host} to the names that the server accepts (its trusted or allowed hosts), or set an address \
                 that it accepts"
            );
            return (say, true);
        }
        AnswerKind::NotHttp | AnswerKind::NotFound | AnswerKind::WebPage | AnswerKind::Other => (
            "the usual paths were tried too, and none lists models: set the server's own address, as its manual has \
             it for OpenAI's API",
            true,
        ),
    };
    (say.to_owned(), has_other_address)
}

/// Adds how to see which program listens there: with a line where that is this machine.
fn listener(asked: &Asked, told: Finding, say: &str) -> Finding {
    let Asked { port, here, .. } = asked;
    if here.container().is_some() || !asked.is_loopback() {
        return told.fix(format!("{say}; its machine shows which program has port {port}"));
    }
    let side = if matches!(here, HostKind::Wsl(_)) { " (in WSL; on Windows: netstat -ano)" } else { "" };
    told.line(format!("{say}; to see which program has port {port}, run{side}"), lines::show_listener(*here, *port))
}

/// No answer comes in time: mostly a firewall that drops what is sent.
fn timed_out(asked: &Asked, told: Finding) -> Finding {
    let Asked { port, here, timeout, .. } = asked;
    let more_time = format!("LMSYNC_TIMEOUT={}s", (timeout.as_secs() * 3).max(30));
    if matches!(here, HostKind::Wsl(_)) && !asked.is_loopback() {
        return told.line(
            format!(
                "Windows' firewall drops what comes from WSL: let it pass, in PowerShell as administrator; a server \
                 that is only slow may have more time ({more_time})"
            ),
            format!(
                "New-NetFirewallRule -DisplayName \"LM Studio for WSL\" -Direction Inbound -Protocol TCP \
                 -LocalPort {port} -RemoteAddress LocalSubnet -Action Allow"
            ),
        );
    }
    let networks = if here.container().is_some() { " (Docker's networks: 172.16.0.0/12)" } else { "" };
    let say = format!(
        "is something else at this address, or does a firewall drop what comes from here{networks}?{} A server that \
         is only slow may have more time",
        mac_may(asked)
    );
    told.line(say, more_time)
}

fn mac_may(asked: &Asked) -> &'static str {
    if asked.here == HostKind::Mac && !asked.is_loopback() { MAC_MAY } else { "" }
}

/// The server was found, at another address.
pub(super) fn found_elsewhere(asked: &Asked, error: &SourceError, elsewhere: &Elsewhere) -> Finding {
    let (Asked { host, port, here, https, .. }, Elsewhere { to, place }) = (asked, elsewhere);
    let line = asked.address_line(to);
    let (sentence, what) = match place {
        Place::Loopback { lm_studio } => {
            let told = REACHED.failure(format!(
                "the server listens on 127.0.0.1:{port} alone, so nobody reaches it as {host}:{port}"
            ));
            const OR_SET: &str = "or, where OpenClaw runs on this machine too, set";
            return if *lm_studio {
                told.line(
                    format!("let it listen on all addresses (\"Serve on local network\"); {OR_SET} {line}"),
                    format!("lms server start --bind 0.0.0.0 --port {port}"),
                )
            } else {
                told.line(format!("let it listen on all addresses (0.0.0.0); {OR_SET}"), line)
            };
        }
        Place::OtherScheme => {
            let (is, not) = if *https { ("http", "https") } else { ("https", "http") };
            return TLS.failure(format!("{host}:{port} speaks {is}, not {not}")).line("set the scheme", line);
        }
        Place::LockedPaths(paths) => {
            let sentence = format!("{}; a key is asked for at {}", Chain(error), paths.join(" and at "));
            let say = "it may be there: set the path, with a key of this server in OPENAI_API_KEY";
            return REACHED.failure(sentence).line(say, line);
        }
        Place::DefaultPort => {
            (format!("not port {port} of {host}, but port {LM_STUDIO_PORT} has a list of models"), "port")
        }
        Place::ContainerHost => {
            let engine = here.container().unwrap_or("a container");
            let inside = format!("inside {engine}, {host} is the container itself");
            (format!("{inside}; the server is on its host"), "address of the host")
        }
        Place::Path => (format!("{}; {to} has a list of models", Chain(error)), "path"),
    };
    REACHED.failure(sentence).line(format!("set the {what}"), line)
}

fn cause(error: &SourceError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| Chain(cause).to_string())
}
