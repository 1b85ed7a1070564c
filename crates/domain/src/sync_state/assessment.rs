//! The assessment: the worst that is known, with a sentence about it and what to do.

mod picker;
mod point;
mod words;

use self::picker::shown;
pub use self::point::Advice;
use self::point::Point;
use self::words::{duration, in_sync, title, written};
use super::state::SyncState;
use crate::sync_state::situation::{GatewayNow, ListingNow, ServerNow, Situation};
use crate::text::{by_number, count};

/// How things stand, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The worst state that holds.
    pub state: SyncState,
    /// The state as a headline, with its number: `Removing 12 models`.
    pub title: String,
    /// The same as a sentence or two.
    pub summary: String,
    /// What to do about it, where anything is to be done.
    pub advice: Option<Advice>,
    /// Each server's own state, in the order of the servers.
    pub servers: Vec<SyncState>,
}

/// Assesses all that is known. It is in sync only where every server lists models, every file has them, and the running
/// gateway's picker shows all of them and none that was removed; else the worst state counts.
#[must_use]
pub fn assess(situation: &Situation<'_>) -> Assessment {
    let Situation { hangs, pause, gateway, servers } = *situation;
    let points: Vec<Point> = servers.iter().map(|server| worst_of(server, gateway)).collect();
    let states = points.iter().map(|point| point.state).collect();
    let down = points.iter().filter(|point| point.state == SyncState::ServerDown).count();
    let worst = match hangs {
        Some(silent) => {
            Point::new(SyncState::Stalled, format!("The daemon has not been active for {} s.", silent.as_secs()))
                .advice(Advice::say("restart lmsync; its log tells what it did last"))
        }
        None => worst_of_all(points, down, pause),
    };
    let total = servers.len();
    let mut summary = match worst.state {
        SyncState::InSync => in_sync(servers),
        SyncState::WaitingForOpenclaw | SyncState::NoOpenclaw => {
            format!("{} {}", written(servers), worst.sentence)
        }
        _ => worst.sentence,
    };
    if pause.is_some() && worst.state != SyncState::Paused && worst.state != SyncState::Stalled {
        summary.push_str(" Checks wait while inference runs.");
    }
    Assessment {
        state: worst.state,
        title: title(worst.state, worst.models, down, total),
        summary,
        advice: worst.advice,
        servers: states,
    }
}

fn worst_of_all(points: Vec<Point>, down: usize, pause: Option<&str>) -> Point {
    let total = points.len();
    let only_some = down > 0 && down < total;
    let mut worst: Option<Point> = None;
    let starts = points.is_empty().then(|| Point::new(SyncState::Starting, "The first pass is being made."));
    let pauses = pause.map(|what| {
        Point::new(
            SyncState::Paused,
            format!(
                "Inference runs: {what}. Nothing is lost: OpenClaw keeps its models, and lmsync checks again as \
                soon as it is over."
            ),
        )
    });
    for mut point in points.into_iter().chain(starts).chain(pauses) {
        if only_some && point.state == SyncState::ServerDown {
            point.state = SyncState::SomeServersDown;
        }
        match &mut worst {
            Some(worst) if worst.state == point.state => worst.models += point.models,
            Some(worst) if worst.state > point.state => {}
            _ => worst = Some(point),
        }
    }
    // The chain holds at least one point: without a server, that of the start.
    worst.unwrap_or_else(|| Point::new(SyncState::Starting, "The first pass is being made."))
}

/// The worst that holds for one server.
fn worst_of(server: &ServerNow<'_>, gateway: GatewayNow<'_>) -> Point {
    let provider = server.provider;
    let (listed, offered, not_for_chat, removing, incomplete) = match server.listing {
        ListingNow::Unasked => return Point::new(SyncState::Starting, "The first pass is being made."),
        ListingNow::Down { why, advice, known } => {
            let kept = if known { " OpenClaw keeps the models that it has." } else { "" };
            return Point::new(SyncState::ServerDown, format!("{provider} does not list its models: {why}.{kept}"))
                .advice(advice.map(Advice::say));
        }
        ListingNow::Models { listed, offered, not_for_chat, removing, incomplete } => {
            (listed, offered, not_for_chat, removing, incomplete)
        }
    };
    let broken = server.file_trouble.map(|why| {
        Point::new(SyncState::CannotWrite, format!("The model list cannot be updated: {why}."))
            .advice(Advice::line("to see what helps, run", "lmsync doctor"))
    });
    let unwritten = (server.unwritten > 0).then(|| {
        let models = count(server.unwritten, "model");
        let are = by_number(server.unwritten, "is", "are");
        Point::new(SyncState::NotWritten, format!("{models} of {provider} {are} not in models.json yet."))
            .models(server.unwritten)
            .advice(Advice::line("write it once with this, or keep it in sync with `lmsync run`", "lmsync sync"))
    });
    let removed = (removing > 0).then(|| {
        let what = match (listed, offered) {
            (0, _) => format!("{provider} lists no models"),
            (_, 0) => format!("{provider} lists no model to chat with"),
            _ => format!("{provider} no longer lists all of its models"),
        };
        let (is, it) = if removing == 1 { ("is", "it is") } else { ("are", "they are") };
        let models = count(removing, "model");
        let sentence = format!("{what}. {models} {is} removed from OpenClaw unless {it} listed again.");
        Point::new(SyncState::Removing, sentence).models(removing).advice(server.empty_after.map(|wait| {
            let say = "how long lmsync waits before it believes an empty list is a setting, which is now";
            Advice::line(say, format!("LMSYNC_EMPTY_AFTER={}", duration(wait)))
        }))
    });
    let part = incomplete.map(|why| {
        let sentence = format!("{provider}'s listing is incomplete: {why}. Nothing is removed because of it.");
        Point::new(SyncState::IncompleteListing, sentence)
    });
    let empty = (offered == 0).then(|| no_models(provider, listed, not_for_chat));
    let shown = shown(server, offered, gateway);
    let points = [broken, unwritten, removed, part, empty].into_iter().flatten();
    points.fold(shown, |worst, point| if point.state > worst.state { point } else { worst })
}

fn no_models(provider: &str, listed: usize, not_for_chat: usize) -> Point {
    let (sentence, advice) = match listed {
        0 => (
            format!("{provider} lists no models."),
            Advice::line("download or load a model there; to see what helps, run", "lmsync doctor"),
        ),
        _ if not_for_chat == listed => (
            format!("{provider} lists {} and none to chat with.", count(listed, "model")),
            Advice::line("download or load a model that chats; to see what helps, run", "lmsync doctor"),
        ),
        _ => (
            format!("{provider} lists {}, and all are left out.", count(listed, "model")),
            Advice::line(
                "see include and exclude in lmsync.toml; for the reason of one model, run",
                "lmsync explain <id>",
            ),
        ),
    };
    Point::new(SyncState::NoModels, sentence).advice(advice)
}

#[cfg(test)]
mod tests;
