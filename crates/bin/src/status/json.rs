//! The status as JSON: what `/api/status`, the page and `lmsync status` read. Its schema is `docs/schemas/status.json`.

mod models;

use std::time::{Duration, SystemTime};

use adapters_http::Gateway;
use app::{
    ChangeEntry, ChangedIds, Configured, Episode, FileStatus, GatewayLink, Moment, OpenclawStatus, PassOutcome,
    PickerStatus, PickerTrouble, ServerStatus, Span, Status, Trouble,
};
use domain::{Assessment, Incomplete, ModelId, SyncState};
use humantime::format_rfc3339_millis;
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::models::{Models, origins};
use super::daemon::Daemon;
use super::links;
use crate::changes::row_json;

#[derive(Serialize)]
struct StatusJson<'a> {
    #[serde(flatten)]
    rest: Value,
    servers: Vec<ServerJson<'a>>,
}

/// All that is known of a server but its models, and these, of which each is made JSON when it is written: a server may
/// have 100,000.
#[derive(Serialize)]
struct ServerJson<'a> {
    #[serde(flatten)]
    server: Value,
    models: Models<'a>,
}

/// All that is known at that moment.
pub(super) fn status(status: &Status, daemon: &Daemon, gateway: &Gateway, now: Moment) -> impl Serialize {
    let Assessment { state, title, summary, advice, servers: states } = status.assess(now.clock, daemon.patience);
    let in_future = |clock: Duration| now.wall + clock.saturating_sub(now.clock);
    let last_pass = status.last_pass.map(|pass| {
        json!({
            "at": time(pass.at.wall),
            "tookSeconds": pass.took.as_secs_f64(),
            "outcome": pass.outcome.as_str(),
        })
    });
    let pause = status.pause.as_ref().map(
        |pause| json!({ "source": pause.source.as_str(), "reason": pause.reason, "since": time(pause.since.wall) }),
    );
    let control_page = links::control_page(gateway.address(), daemon.is_contained);
    let gateway = gateway.seen().map(|seen| {
        json!({
            "version": seen.version,
            "protocol": seen.protocol,
            "readable": seen.reads,
            "startedAt": seen.started_at.map(time),
        })
    });
    let rest = json!({
        "state": state.as_str(),
        "attention": state.attention().as_str(),
        "title": title,
        "summary": summary,
        "advice": advice.map(|advice| json!({ "say": advice.say, "line": advice.line })),
        "removesAt": status.removes_at().filter(|_| state == SyncState::Removing).map(|due| time(in_future(due))),
        "now": time(now.wall),
        "daemon": {
            "pid": std::process::id(),
            "version": env!("CARGO_PKG_VERSION"),
            "startedAt": time(status.started.wall),
            "intervalSeconds": daemon.interval.as_secs_f64(),
            "listens": daemon.listens,
            "home": daemon.home,
        },
        "pause": pause,
        "lastPass": last_pass,
        "lastSuccessAt": status.last_success.map(|at| time(at.wall)),
        "nextPassAt": status.next_pass.map(|due| time(in_future(due))),
        "gateway": gateway,
        "openclaw": openclaw(&status.openclaw, control_page),
        "links": links::documents(state),
        "counters": counters(status, now.clock),
        "changes": status.changes.iter().rev().map(change).collect::<Vec<_>>(),
        "timeline": status.timeline.iter().map(span).collect::<Vec<_>>(),
    });
    let servers = status.servers.iter().zip(states);
    let servers = servers.map(|(known, state)| server(known, state, daemon.is_contained)).collect();
    StatusJson { rest, servers }
}

fn openclaw(openclaw: &OpenclawStatus, control_page: Option<String>) -> Value {
    let (gateway, refused) = match &openclaw.link {
        GatewayLink::Unknown => ("unknown", None),
        GatewayLink::Open => ("runs", None),
        GatewayLink::Away => ("away", None),
        GatewayLink::Refused { why, advice } => ("refuses", Some((why, advice))),
    };
    json!({
        "isThere": openclaw.is_there,
        "gateway": gateway,
        "controlPage": control_page,
        "why": refused.map(|(why, _)| why),
        "advice": refused.map(|(_, advice)| advice),
    })
}

fn server(server: &ServerStatus, sync: SyncState, is_contained: bool) -> ServerJson<'_> {
    let ServerStatus {
        provider,
        address,
        trouble: why,
        since,
        listed,
        last_trouble,
        found,
        files,
        picker: shown,
        unasked_since,
    } = server;
    let configured = shown.as_ref().and_then(|picker| picker.configured.as_ref());
    let is_configured = matches!(configured, Some(Configured::Holds));
    let state = match (why, found) {
        (Some(_), _) => "fails",
        (None, Some(_)) => "answers",
        (None, None) => "unknown",
    };
    let json = json!({
        "provider": provider,
        "address": address,
        "listPage": links::list_page(address, is_contained),
        "state": state,
        "sync": sync.as_str(),
        "attention": sync.attention().as_str(),
        "since": time(since.wall),
        "trouble": trouble(why.as_ref()),
        "lastTrouble": last_trouble.as_ref().map(|(at, why)| json!({ "at": time(at.wall), "error": why.error })),
        "listedAt": listed.map(|at| time(at.wall)),
        "answerSeconds": found.as_ref().map(|found| found.answered_in.as_secs_f64()),
        "emptyAfterSeconds": found.as_ref().map(|found| found.empty_after.as_secs_f64()),
        "listed": found.as_ref().map(|found| found.listed),
        "skipped": found.as_ref().map(|found| found.incomplete.as_ref().map_or(0, Incomplete::skipped)),
        "incomplete": found.as_ref().and_then(|found| found.incomplete.as_ref()).map(ToString::to_string),
        "factsTrouble": trouble(found.as_ref().and_then(|found| found.facts_failed.as_ref())),
        "files": files.iter().map(file).collect::<Vec<_>>(),
        "picker": shown.as_ref().map(|shown| picker(shown, unasked_since.is_some())),
        "origins": found.as_ref().map_or_else(Vec::new, |found| found.origins.sets().iter().map(origins).collect()),
    });
    ServerJson { server: json, models: Models { found: found.as_deref(), files, is_configured } }
}

fn file(file: &FileStatus) -> Value {
    let FileStatus { name, trouble: why, since, lacks } = file;
    json!({
        "file": name,
        "inSync": why.is_none(),
        "since": time(since.wall),
        "trouble": trouble(why.as_ref()),
        "lacks": ids(lacks),
    })
}

fn picker(picker: &PickerStatus, is_behind: bool) -> Value {
    let shown = picker.result.as_ref().ok();
    json!({
        "at": time(picker.at.wall),
        "shows": picker.shows_all() && !is_behind,
        "asksAgain": picker.again || is_behind,
        "models": shown.map(|shown| shown.models),
        "missing": shown.map_or_else(Vec::new, |shown| ids(&shown.missing)),
        "lingering": shown.map_or_else(Vec::new, |shown| ids(&shown.lingering)),
        "usable": shown.map(|shown| !shown.unavailable),
        "tookSeconds": shown.map(|shown| shown.took.as_secs_f64()),
        "openclawConfig": picker.configured.as_ref().map(configured),
        "trouble": picker.result.as_ref().err().map(picker_trouble),
    })
}

fn configured(configured: &Configured) -> Value {
    let not = match configured {
        Configured::Holds => None,
        Configured::Not { why, advice } => Some((why, advice)),
    };
    json!({
        "holds": not.is_none(),
        "why": not.map(|(why, _)| why),
        "advice": not.map(|(_, advice)| advice),
    })
}

fn counters(status: &Status, now: Duration) -> Value {
    let counters = &status.counters;
    let passes = PassOutcome::ALL
        .map(|outcome| (outcome.as_str().to_owned(), counters.passes.get(&outcome).copied().unwrap_or(0).into()));
    let paused = status.paused_until(now);
    let paused = paused.iter().map(|(source, time)| (source.as_str().to_owned(), time.as_secs_f64().into()));
    json!({
        "passes": passes.into_iter().collect::<Map<String, Value>>(),
        "writes": counters.writes,
        "pauses": counters.pauses,
        "pausedSeconds": paused.collect::<Map<String, Value>>(),
        "pickerShown": counters.picker_shown,
        "pickerFailed": counters.picker_failed,
    })
}

fn change(change: &ChangeEntry) -> Value {
    let ChangeEntry { at, provider, ids: ChangedIds { added, changed, removed }, more, rows } = change;
    json!({
        "at": time(at.wall),
        "provider": provider,
        "added": ids(added),
        "changed": ids(changed),
        "removed": ids(removed),
        "more": more,
        "rows": rows.iter().map(row_json).collect::<Vec<_>>(),
    })
}

fn span(span: &Span) -> Value {
    let Span { what, from, to } = span;
    let (from, to) = (time(from.wall), to.map(|to| time(to.wall)));
    match what {
        Episode::Passes { outcome, count } => {
            json!({ "kind": "passes", "outcome": outcome.as_str(), "count": count, "from": from, "to": to })
        }
        Episode::Pause { source, reason } => {
            json!({ "kind": "pause", "source": source.as_str(), "reason": reason, "from": from, "to": to })
        }
    }
}

fn trouble(trouble: Option<&Trouble>) -> Value {
    trouble.map_or(
        Value::Null,
        |Trouble { kind, error, advice }| json!({ "kind": kind, "error": error, "advice": advice }),
    )
}

fn picker_trouble(trouble: &PickerTrouble) -> Value {
    json!({ "kind": trouble.kind.as_str(), "error": trouble.error, "advice": trouble.advice })
}

fn ids(ids: &[ModelId]) -> Vec<&str> {
    ids.iter().map(ModelId::as_str).collect()
}

fn time(time: SystemTime) -> String {
    format_rfc3339_millis(time).to_string()
}
