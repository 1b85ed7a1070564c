//! The picker: asks a running gateway to read the models again, and checks what it then shows.

use std::borrow::Cow;
use std::sync::PoisonError;
use std::time::Duration;

use domain::ports::{Expected, GatewayError, GatewayRequest, Shown};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout_at};

use super::connection_slot::Session;
use super::error::{Failure, RpcError};
use super::parameters::{ALL, OTHERS, Parameters, Query};
use super::picker_view::{View, shown, together};

/// How long a refresh may take with all its repetitions. The first one after a gateway's start takes seconds, and
/// a gateway that starts says "not ready" for as long.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How often the list is asked for while it does not show the change yet.
const ATTEMPTS: u32 = 3;

/// Between two such questions.
const PAUSE: Duration = Duration::from_millis(400);

/// The same, where a change takes long to show.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long it may take until a gateway shows what its own configuration holds: 0.1 to 6 s were measured, and
/// more on a busy machine.
const CONFIGURED: Duration = Duration::from_secs(25);

/// Asks for a view until it shows what it should, or until patience ends. Many versions answer with what they had, and
/// collect the models only then. None where the gateway knows no views, and this is not the one it has.
async fn watch(
    session: &Session,
    query: Query<'_>,
    expected: &Expected,
    patience: Instant,
) -> Result<Option<View>, Failure> {
    let mut pause = PAUSE / 4;
    loop {
        let read = |payload: &str| View::read(payload, &expected.provider);
        let answer = session.rpc.call("models.list", query, Instant::now() + PATIENCE, read).await;
        let is_last = Instant::now() + pause >= patience;
        match answer {
            Ok(look) if is_last || look.is_as(expected) => return Ok(Some(look)),
            Ok(_) => {}
            Err(why) if why.does_not_know("view") => return Ok(None),
            Err(why) => match &*why {
                RpcError::Rejected { rejection, .. } if rejection.retry_after().is_some() && !is_last => {}
                _ => return Err(why),
            },
        }
        sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Asks until each view shows what the gateway's configuration holds, or until patience ends. That of all
/// models comes first: versions before 2026.8.1 collect the models for it, and 2026.7.1 keeps in the others what was
/// collected before.
async fn configured(session: &Session, expected: &Expected, began: Instant) -> Result<Shown, Failure> {
    let patience = began + CONFIGURED;
    let mut views = Vec::new();
    for view in [ALL].into_iter().chain(OTHERS) {
        let query = Query { view, provider: None, refresh: None, agent: None };
        views.extend(watch(session, query, expected, patience).await?);
    }
    Ok(shown(&views, expected, began.elapsed()))
}

/// Refreshes the picker of each of these agents, of which each has a catalog of its own, and asks until the expected
/// change shows in all or patience with one ends. Without any, it is the picker of the agent that the gateway takes
/// where nobody names one. An agent that the gateway does not have shows nothing to anybody, and is left out.
pub(super) async fn refresh(
    session: &Session,
    address: &str,
    expected: &Expected,
    agents: &[String],
) -> Result<Shown, GatewayError> {
    let began = Instant::now();
    if expected.configured {
        return configured(session, expected, began)
            .await
            .map_err(|why| why.at_the_gateway(address, GatewayRequest::Picker));
    }
    let mut all: Option<Shown> = None;
    for agent in agents {
        let Some(shown) = refresh_one(session, address, expected, Some(agent)).await? else { continue };
        all = Some(match all {
            Some(all) => together(all, shown),
            None => shown,
        });
        if !session.parameters.lock().unwrap_or_else(PoisonError::into_inner).agent {
            // It has one picker for all.
            break;
        }
    }
    if all.is_none() {
        all = refresh_one(session, address, expected, None).await?;
    }
    all.map(|shown| Shown { took: began.elapsed(), ..shown })
        .ok_or_else(|| GatewayError::Unsupported { version: session.seen.version.clone() })
}

/// Refreshes one agent's picker. `None` where the gateway has no such agent.
async fn refresh_one(
    session: &Session,
    address: &str,
    expected: &Expected,
    agent: Option<&str>,
) -> Result<Option<Shown>, GatewayError> {
    let fails = |why: Failure| why.at_the_gateway(address, GatewayRequest::Picker);
    let (began, provider) = (Instant::now(), expected.provider.as_str());
    let deadline = began + PATIENCE;
    let mut attempts = 1;
    loop {
        let unsupported = || GatewayError::Unsupported { version: session.seen.version.clone() };
        let list = match list(session, provider, agent, deadline).await {
            Err(why) if agent.is_some() && why.knows_no_such_agent() => return Ok(None),
            list => list.map_err(fails)?,
        };
        let (look, parameters) = list.ok_or_else(unsupported)?;
        let complete = look.is_as(expected) && !look.pending;
        if !complete && !parameters.refresh {
            return Err(unsupported());
        }
        if complete || (attempts >= ATTEMPTS && !look.pending) || began.elapsed() + PAUSE >= PATIENCE {
            // Where it does not say, it is believed to have one.
            let credential = credential(session, provider, deadline).await.unwrap_or(true);
            let mut views = vec![look];
            // Without one, the other views show only what could be used.
            if parameters.view && credential {
                let patience = Instant::now() + ATTEMPTS * PAUSE;
                for view in OTHERS {
                    let query = Query { view, refresh: None, ..parameters.query(provider, agent) };
                    views.extend(watch(session, query, expected, patience).await.map_err(fails)?);
                }
            }
            let shown = shown(&views, expected, began.elapsed());
            return Ok(Some(Shown { unavailable: shown.unavailable || (shown.models > 0 && !credential), ..shown }));
        }
        attempts += 1;
        sleep(PAUSE).await;
    }
}

/// Whether a gateway that cannot refresh may be asked for its list nevertheless. 2026.2.12 answers within 0.1 s; the
/// first list of 2026.4.15 and 2026.5.7 stops the whole gateway for 20 s and more, chats included. Those have
/// `models.authStatus`.
fn lists_at_little_cost(session: &Session) -> bool {
    !session.seen.methods.auth_status
}

/// Asks for the list of all once, with a refresh where the gateway can; returns which parameters it knows. Waits while
/// the gateway is not ready. None where it cannot refresh, and should not be asked for less.
async fn list(
    session: &Session,
    provider: &str,
    agent: Option<&str>,
    deadline: Instant,
) -> Result<Option<(View, Parameters)>, Failure> {
    let mut parameters = *session.parameters.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if !parameters.refresh && !lists_at_little_cost(session) {
            return Ok(None);
        }
        let query = parameters.query(provider, agent);
        let answer = session.rpc.call("models.list", query, deadline, |payload| View::read(payload, provider)).await;
        let failure = match answer {
            Ok(look) => return Ok(Some((look, parameters))),
            Err(failure) => failure,
        };
        if parameters.without_unknown(&failure) {
            *session.parameters.lock().unwrap_or_else(PoisonError::into_inner) = parameters;
            continue;
        }
        match &*failure {
            RpcError::Rejected { rejection, .. } => {
                let Some(pause) = rejection.retry_after() else { return Err(failure) };
                if timeout_at(deadline, sleep(pause)).await.is_err() {
                    return Err(failure);
                }
            }
            _ => return Err(failure),
        }
    }
}

/// The payload of `models.authStatus`: the providers for which the gateway has a credential.
#[derive(Deserialize)]
struct AuthStatus<'a> {
    #[serde(borrow)]
    providers: Vec<AuthRow<'a>>,
    /// Why it does not know yet; it then names none.
    unavailable: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct AuthRow<'a> {
    #[serde(borrow)]
    provider: Cow<'a, str>,
    #[serde(default, borrow)]
    status: Cow<'a, str>,
}

/// Whether the gateway has a credential of its own for the provider. Its list calls every row available whose
/// entry in models.json has an `apiKey`, though that key authorises nothing. `None` where it cannot be asked.
pub(super) async fn credential(session: &Session, provider: &str, deadline: Instant) -> Option<bool> {
    if !session.seen.methods.auth_status {
        return None;
    }
    let read = |payload: &str| {
        let status: AuthStatus<'_> = serde_json::from_str(payload)?;
        let has = || status.providers.iter().any(|row| row.provider == provider && row.status != "missing");
        Ok::<_, serde_json::Error>(status.unavailable.is_none().then(has))
    };
    session.rpc.call("models.authStatus", json!({}), deadline, read).await.ok().flatten()
}
