//! A server that does not list its models: why, and what helps.

use domain::Chain;
use domain::ports::{AnswerKind, Failure, SourceError, Wants};

use super::facts::{Elsewhere, LM_STUDIO_PORT, ServerFacts};
use crate::doctor::finding::Finding;
use crate::doctor::lines;
use crate::host_kind::{HostKind, System};

/// What keeps a program of a Mac from another machine, since macOS 15.
const MAC_MAY: &str =
    " May lmsync use the local network (System Settings > Privacy & Security > Local Network)?";

pub(super) fn unreached(facts: &ServerFacts, error: &SourceError) -> Finding {
    let ServerFacts { address, host, port, here, .. } = facts;
    let failure = |check, sentence: String| Finding::failure(check, sentence);
    if let Some(elsewhere) = facts.elsewhere.first() {
        return found_elsewhere(facts, error, elsewhere);
    }
    match error {
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => {
            let told = failure("server.name", format!("the name {host} is not known here"));
            if matches!(here, HostKind::Container(engine) if *engine != "Kubernetes")
                && host == "host.docker.internal"
            {
                return told.line(
                    "compose: give the service (with a shared network: the gateway's service)",
                    "extra_hosts: [\"host.docker.internal:host-gateway\"]",
                );
            }
            let here = facts.address_line(&format!("http://localhost:{port}/v1"));
            told.line("set the server's address as this machine knows it", here)
        }
        SourceError::Unreachable { failure: Failure::Refused, .. } => refused(facts),
        SourceError::Unreachable { failure: Failure::Tls, .. } => failure(
            "server.tls",
            format!("no trusted connection: {}", cause(error)),
        )
        .line("trust the authority that signed its certificate", "SSL_CERT_FILE=/path/to/authority.pem"),
        SourceError::Unreachable { failure: Failure::Other, .. } => {
            let may = if *here == HostKind::Mac && !is_loopback(host) { MAC_MAY } else { "" };
            failure("server.reachable", format!("{address} cannot be reached: {}", cause(error))).line(
                format!("is the address right, and the machine on?{may} Set it with"),
                facts.address_line(&format!("http://HOST:{port}/v1")),
            )
        }
        SourceError::TimedOut { limit, .. } => {
            timed_out(facts, format!("{address} does not answer within {} s", limit.as_secs_f32()))
        }
        SourceError::Unauthorized { wants, .. } => locked(facts, error, *wants),
        SourceError::Unreachable { failure: Failure::HungUp, .. } => {
            let told = failure("server.reachable", Chain(error).to_string());
            listener(facts, told, "is the server just starting? Otherwise another program may listen there")
        }
        SourceError::Malformed { kind, .. } => answered_otherwise(facts, error, *kind),
    }
}

/// Nobody listens there.
fn refused(facts: &ServerFacts) -> Finding {
    let ServerFacts { host, port, here, .. } = facts;
    let told = |what: &str| {
        Finding::failure("server.reachable", format!("nothing listens at {host} on port {port}{what}"))
    };
    let serve = format!("lms server start --bind 0.0.0.0 --port {port}");
    match (*here, facts.may_be_lm_studio()) {
        (HostKind::Container("Kubernetes"), _) if is_loopback(host) => {
            told(&format!(": inside a pod, {host} is the pod itself"))
                .line("set the address of the server's machine or Service", facts.address_line(&format!("http://HOST:{port}/v1")))
        }
        (HostKind::Container(engine), _) if is_loopback(host) => {
            let name = if engine == "Podman" { "host.containers.internal" } else { "host.docker.internal" };
            told(&format!(": inside {engine}, {host} is the container itself")).line(
                "set the address of the host",
                facts.address_line(&format!("http://{name}:{port}/v1")),
            )
        }
        (HostKind::Container(_), true) => told(" for this container").line(
            "start LM Studio's server so that it listens on all addresses of the host (\"Serve on local network\")",
            serve,
        ),
        (HostKind::Container(_), false) => told(" for this container")
            .fix("start the server so that it listens on all addresses of the host (0.0.0.0), not on 127.0.0.1 alone"),
        (HostKind::Wsl(Some(windows)), true) if is_loopback(host) => told(": inside WSL that is WSL itself").line(
            "where LM Studio runs on Windows: turn on \"Serve on local network\" there, and set its address; or mirror WSL's \
             network (networkingMode=mirrored)",
            facts.address_line(&format!("http://{windows}:{port}/v1")),
        ),
        (HostKind::Wsl(None), true) if is_loopback(host) => told(": inside WSL that is WSL itself, unless its network is mirrored")
            .line(
                "where LM Studio runs on Windows: mirror WSL's network, in %USERPROFILE%\\.wslconfig, then `wsl --shutdown` there",
                "[wsl2]\nnetworkingMode=mirrored",
            ),
        (_, true) if !is_loopback(host) => told("").line(
            format!(
                "start LM Studio's server on that machine, so that it listens on all addresses (\"Serve on local network\"), \
                 or set its address in {}",
                facts.address_place()
            ),
            serve,
        ),
        (_, true) => told("").line(
            format!("start LM Studio's server (Developer > Start server), or set its address in {}", facts.address_place()),
            format!("lms server start --port {port}"),
        ),
        (_, false) => told("").line(
            "start the server, or set its address",
            facts.address_line(&format!("http://{host}:PORT/v1")),
        ),
    }
}

/// It wants a key or a password.
fn locked(facts: &ServerFacts, error: &SourceError, wants: Wants) -> Finding {
    let nobodys = if facts.default_key { "; no key of yours is set" } else { "" };
    let told = Finding::failure("server.key", format!("{}{nobodys}", Chain(error)));
    match (wants, facts.in_file) {
        (Wants::Password | Wants::AnotherPassword, false) => {
            told.line("set OPENAI_API_KEY=user:password, and how it is sent", "LMSYNC_KEY_HEADER=basic")
        }
        (Wants::Password | Wants::AnotherPassword, true) => told.line(
            "let key_env or key_file of its [[server]] in lmsync.toml hold user:password, and add",
            "key_header = \"basic\"",
        ),
        (_, true) => told.line(
            "name the variable that holds its key, in its [[server]] of lmsync.toml",
            "key_env = \"…\"",
        ),
        (_, false) if facts.may_be_lm_studio() => told.line(
            "make an API token (LM Studio: Developer > Server Settings > Require Authentication) and set it",
            "OPENAI_API_KEY=sk-lm-…",
        ),
        (_, false) => told.line(
            "set a key that this server accepts (in another header than Authorization: LMSYNC_KEY_HEADER)",
            "OPENAI_API_KEY=…",
        ),
    }
}

/// Something answered that is not a list of models.
fn answered_otherwise(facts: &ServerFacts, error: &SourceError, kind: AnswerKind) -> Finding {
    let told = Finding::failure("server.reachable", Chain(error).to_string());
    let set = || facts.address_line("http://HOST:PORT/v1");
    match kind {
        AnswerKind::Loading => told.fix("wait until it has loaded; `lmsync run` asks again by itself"),
        AnswerKind::Busy => told.fix("`lmsync run` asks again by itself; where it stays so, the server's own log says more"),
        AnswerKind::Proxy => {
            told.line("start the server behind the proxy, or set the address of the server itself", set())
        }
        AnswerKind::Login => {
            told.line("lmsync cannot log in: set an address of the server that takes a key, without the login", set())
        }
        AnswerKind::Redirect => told.line("set the address to which it redirects, if that is the server", set()),
        AnswerKind::HostName => told.line(
            format!(
                "add {} to the names that the server accepts (its trusted or allowed hosts), or set an address that it \
                 accepts",
                facts.host
            ),
            set(),
        ),
        AnswerKind::Refused => told.fix(
            "the server has to let this machine, with this key and by this host name, list its models; its own settings \
             and log say more",
        ),
        AnswerKind::Failed => told.fix("the server's own log says more"),
        AnswerKind::NotHttp => {
            listener(facts, told, &format!("set the server's own address in {}", facts.address_place()))
        }
        AnswerKind::NotFound | AnswerKind::WebPage | AnswerKind::Other => told.line(
            "the usual paths were tried too, and none lists models: set the server's own address, as its manual has it \
             for OpenAI's API",
            set(),
        ),
    }
}

/// Adds how to see which program listens there: with a line where that is this machine.
fn listener(facts: &ServerFacts, told: Finding, say: &str) -> Finding {
    let ServerFacts { host, port, here, .. } = facts;
    if here.container().is_some() || !is_loopback(host) {
        return told.fix(format!("{say}; which program has port {port}, its machine says"));
    }
    let side = if here.system() == System::Wsl2 { " (in WSL; on Windows: netstat -ano)" } else { "" };
    told.line(
        format!("{say}; which program has port {port}, says{side}"),
        lines::show_listener(here.system(), *port),
    )
}

/// No answer comes in time: mostly a firewall that drops what is sent.
fn timed_out(facts: &ServerFacts, sentence: String) -> Finding {
    let ServerFacts { host, port, here, .. } = facts;
    let told = Finding::failure("server.reachable", sentence);
    let firewall = match here {
        HostKind::Wsl(_) if !is_loopback(host) => {
            return told.line(
                format!(
                    "Windows' firewall drops what comes from WSL: let it pass, in PowerShell as administrator; a server that is \
                     only slow may have more time ({})",
                    more_time(facts)
                ),
                format!(
                    "New-NetFirewallRule -DisplayName \"LM Studio for WSL\" -Direction Inbound -Protocol TCP -LocalPort {port} \
                     -RemoteAddress LocalSubnet -Action Allow"
                ),
            );
        }
        HostKind::Container(_) => " (Docker's networks: 172.16.0.0/12)",
        _ => "",
    };
    let may = if *here == HostKind::Mac && !is_loopback(host) { MAC_MAY } else { "" };
    told.line(
        format!(
            "is something else at this address, or does a firewall drop what comes from here{firewall}?{may} A server that is \
             only slow may have more time"
        ),
        more_time(facts),
    )
}

fn more_time(facts: &ServerFacts) -> String {
    format!("LMSYNC_TIMEOUT={}s", (facts.timeout.as_secs() * 3).max(30))
}

/// The server was found, at another address.
fn found_elsewhere(facts: &ServerFacts, error: &SourceError, elsewhere: &Elsewhere) -> Finding {
    let ServerFacts { host, port, here, https, .. } = facts;
    let set = |to: &str| facts.address_line(to);
    let told = |sentence| Finding::failure("server.reachable", sentence);
    match elsewhere {
        Elsewhere::Loopback(to, lm_studio) => {
            let told = told(format!(
                "the server listens on 127.0.0.1:{port} alone, so nobody reaches it as {host}:{port}"
            ));
            let here = format!("where OpenClaw runs on this machine too, set {}", set(to));
            if *lm_studio {
                told.line(
                    format!("let it listen on all addresses (\"Serve on local network\"); or, {here}"),
                    format!("lms server start --bind 0.0.0.0 --port {port}"),
                )
            } else {
                told.line("let it listen on all addresses (0.0.0.0); or, where OpenClaw runs on this machine too, set", set(to))
            }
        }
        Elsewhere::DefaultPort(to) => {
            told(format!("not port {port} of {host}, but port {LM_STUDIO_PORT} has a list of models"))
                .line("set the port", set(to))
        }
        Elsewhere::ContainerHost(to) => {
            let engine = here.container().unwrap_or("a container");
            told(format!("inside {engine}, {host} is the container itself; the server is on its host"))
                .line("set the address of the host", set(to))
        }
        Elsewhere::OtherScheme(to) => {
            let (is, not) = if *https { ("http", "https") } else { ("https", "http") };
            Finding::failure("server.tls", format!("{host}:{port} speaks {is}, not {not}"))
                .line("set the scheme", set(to))
        }
        Elsewhere::Path(to) => {
            told(format!("{}; {to} has a list of models", Chain(error))).line("set the path", set(to))
        }
        Elsewhere::LockedPaths(paths) => {
            let Some(first) = paths.first() else { return told(Chain(error).to_string()) };
            told(format!("{}; a key is asked for at {}", Chain(error), paths.join(" and at "))).line(
                "it may be there: set the path, with a key of this server in OPENAI_API_KEY",
                set(first),
            )
        }
    }
}

fn cause(error: &SourceError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| Chain(cause).to_string())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
