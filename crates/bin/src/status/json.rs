//! The status as JSON: what `/api/status`, the page and `lmsync status` read. Its schema is `docs/schemas/status.json`.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use adapters_http::Gateway;
use app::{
    ChangeEntry, ChangedIds, Configured, Episode, FileStatus, Found, GatewayLink, Moment, OpenclawStatus,
    PassOutcome, PickerStatus, PickerTrouble, ServerStatus, Span, Status, Trouble,
};
use domain::{Assessment, Incomplete, Model, ModelId, Origins, SyncState};
use humantime::format_rfc3339_millis;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::daemon::Daemon;
use super::links;
use crate::changes::{prices, row_json};
use crate::commands::explain::{because, hold, input_names, left_out};

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

/// The models of a server, with the files that should hold them.
struct Models<'a> {
    found: Option<&'a Found>,
    files: &'a [FileStatus],
    /// Whether openclaw.json holds the models too. Some versions of OpenClaw take them out of models.json then, and such
    /// a file is as it should be.
    is_configured: bool,
}

/// All that is known at that moment.
pub(super) fn status(status: &Status, daemon: &Daemon, gateway: &Gateway, now: Moment) -> impl Serialize {
    let Assessment { state, title, summary, advice, servers: states } =
        status.assess(now.clock, daemon.patience);
    let in_future = |clock: Duration| now.wall + clock.saturating_sub(now.clock);
    let last_pass = status.last_pass.map(|pass| {
        json!({
            "at": time(pass.at.wall),
            "tookSeconds": pass.took.as_secs_f64(),
            "outcome": pass.outcome.as_str(),
        })
    });
    let pause = status.pause.as_ref().map(|pause| {
        json!({ "source": pause.source.as_str(), "reason": pause.reason, "since": time(pause.since.wall) })
    });
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

impl Serialize for Models<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_seq(
            self.found.into_iter().flat_map(|found| models(found, self.files, self.is_configured)),
        )
    }
}

fn models(found: &Found, files: &[FileStatus], is_configured: bool) -> impl Iterator<Item = Value> {
    let counts = |file: &&FileStatus| !is_configured || file.trouble.is_some();
    let lacked: HashSet<&ModelId> = files.iter().filter(counts).flat_map(|file| &file.lacks).collect();
    let offered = found.offered.iter().enumerate().map(move |(place, model)| {
        let mut object = said(model);
        object.insert("origins".into(), found.origins.set_of(place).into());
        object.insert("state".into(), "offered".into());
        object.insert("inOpenClaw".into(), (!files.is_empty() && !lacked.contains(&model.id)).into());
        Value::Object(object)
    });
    let left_out = found.left_out.iter().map(|(id, why)| not_offered(id, "left-out", false, &left_out(why)));
    let held = found.held.iter().map(|held| not_offered(&held.id, "held", true, hold(held.reason)));
    offered.chain(held).chain(left_out)
}

fn not_offered(id: &ModelId, state: &str, in_openclaw: bool, why: &str) -> Value {
    json!({ "id": id.as_str(), "state": state, "inOpenClaw": in_openclaw, "why": why })
}

fn said(model: &Model) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("id".into(), model.id.as_str().into());
    object.insert("name".into(), model.name.as_str().into());
    object.insert("contextWindow".into(), model.context_window.into());
    object.insert("contextTokens".into(), model.context_tokens.into());
    object.insert("maxTokens".into(), model.max_tokens.into());
    object.insert("reasoning".into(), model.reasoning.into());
    object.insert("input".into(), json!(input_names(model.input)));
    if !model.cost.is_free() {
        object.insert("cost".into(), prices(model.cost));
    }
    object
}

fn origins(origins: &Origins) -> Value {
    let Origins { name, reasoning, input, cost, context_window, context_tokens, max_tokens } = origins;
    json!({
        "name": because(name),
        "reasoning": because(reasoning),
        "input": because(input),
        "cost": because(cost),
        "contextWindow": because(context_window),
        "contextTokens": because(context_tokens),
        "maxTokens": because(max_tokens),
    })
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
    let passes = PassOutcome::ALL.map(|outcome| {
        (outcome.as_str().to_owned(), counters.passes.get(&outcome).copied().unwrap_or(0).into())
    });
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
