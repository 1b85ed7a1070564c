//! Each state by its name, and the law that no other state is green.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Attention;
use crate::model::ModelId;
use crate::sync_state::PickerNow;

fn id(text: &str) -> ModelId {
    ModelId::new(text).unwrap()
}

const LISTS: ListingNow<'static> =
    ListingNow::Models { listed: 3, offered: 2, not_for_chat: 1, removing: 0, incomplete: None };

const SHOWS: PickerNow<'static> = PickerNow::Shows {
    models: 3,
    missing: &[],
    lingering: &[],
    usable: true,
    again: false,
    keyless: None,
    wants_profile: false,
};

const GOOD: ServerNow<'static> = ServerNow {
    provider: "lmstudio",
    listing: LISTS,
    empty_after: None,
    file_trouble: None,
    unwritten: 0,
    picker: SHOWS,
};

const DOWN: ListingNow<'static> = ListingNow::Down { why: "refused", advice: Some("start it"), known: true };

fn assessed(servers: &[ServerNow<'_>], gateway: GatewayNow<'_>) -> Assessment {
    assess(&Situation { hangs: None, pause: None, gateway, servers })
}

fn assess_one(server: ServerNow<'_>) -> Assessment {
    assessed(&[server], GatewayNow::Runs)
}

fn listing(listed: usize, offered: usize, not_for_chat: usize, removing: usize) -> ServerNow<'static> {
    ServerNow { listing: ListingNow::Models { listed, offered, not_for_chat, removing, incomplete: None }, ..GOOD }
}

#[test]
fn what_is_served_written_and_shown_is_in_sync() {
    let good = assess_one(GOOD);
    assert_eq!((good.state, &*good.title, good.advice), (SyncState::InSync, "In sync", None));
    assert_eq!(good.summary, "OpenClaw shows 2 of the 3 models that are served; 1 is left out.");
    assert_eq!(assess_one(listing(1, 1, 0, 0)).summary, "OpenClaw shows the one model that is served.");
    assert_eq!(assess_one(listing(2, 2, 0, 0)).summary, "OpenClaw shows all 2 models that are served.");
}

#[test]
fn without_a_gateway_it_waits_and_says_what_for() {
    let waits = assessed(&[GOOD], GatewayNow::Away);
    assert_eq!((waits.state, &*waits.title), (SyncState::WaitingForOpenclaw, "Waiting for OpenClaw"));
    assert!(waits.summary.starts_with("2 models are written. OpenClaw's gateway is not running"), "{}", waits.summary);
    let none = assessed(&[GOOD], GatewayNow::NoOpenclaw);
    assert_eq!(none.state, SyncState::NoOpenclaw);
    assert_eq!(none.advice.unwrap().line.unwrap(), "openclaw onboard");
    let refuses = GatewayNow::Refuses { why: "it refuses the token", advice: Some("set the token") };
    let refused = assessed(&[GOOD], refuses);
    assert_eq!((refused.state, &*refused.title), (SyncState::CannotCheck, "Cannot check OpenClaw"));
    assert!(refused.summary.ends_with("not known: it refuses the token."), "{}", refused.summary);
}

#[test]
fn an_empty_list_is_named_and_counts_what_goes() {
    let twelve = assess_one(listing(0, 0, 0, 12));
    assert_eq!((twelve.state, &*twelve.title), (SyncState::Removing, "Removing 12 models"));
    let waits = ServerNow { empty_after: Some(Duration::from_millis(2500)), ..listing(0, 0, 0, 12) };
    assert_eq!(assess_one(waits).advice.unwrap().line.unwrap(), "LMSYNC_EMPTY_AFTER=2500ms");
    assert_eq!(twelve.advice, None);
    let one = assess_one(listing(4, 3, 0, 1));
    assert_eq!(one.title, "Removing 1 model");
    assert_eq!(
        one.summary,
        "lmstudio no longer lists all of its models. 1 model is removed from OpenClaw unless it is listed again."
    );
    let embedding = assess_one(listing(1, 0, 1, 0));
    assert_eq!((embedding.state, &*embedding.title), (SyncState::NoModels, "No models served"));
    assert_eq!(embedding.summary, "lmstudio lists 1 model and none to chat with.");
    assert_eq!(assess_one(listing(0, 0, 0, 0)).summary, "lmstudio lists no models.");
    assert_eq!(assess_one(listing(2, 0, 1, 0)).summary, "lmstudio lists 2 models, and all are left out.");
}

#[test]
fn what_the_picker_lacks_or_keeps_is_counted_and_named() {
    let (missing, none) = ([id("a"), id("b")], []);
    let shows = |missing, lingering, usable, again| {
        let picker =
            PickerNow::Shows { models: 3, missing, lingering, usable, again, keyless: None, wants_profile: false };
        assess_one(ServerNow { picker, ..GOOD })
    };
    let lacks = shows(&missing[..], &none[..], true, false);
    assert_eq!((lacks.state, &*lacks.title), (SyncState::PickerLacksModels, "OpenClaw lacks 2 models"));
    assert_eq!(lacks.summary, "OpenClaw's picker lacks 2 models of lmstudio: a, b.");
    assert_eq!(shows(&missing, &none, true, true).state, SyncState::Updating);
    let lingers = shows(&none, &missing[..1], true, true);
    assert_eq!((lingers.state, &*lingers.title), (SyncState::Lingering, "OpenClaw still lists 1 removed model"));
    let counted = PickerNow::Shows {
        models: 1,
        missing: &none,
        lingering: &none,
        usable: true,
        again: false,
        keyless: None,
        wants_profile: false,
    };
    assert_eq!(assess_one(ServerNow { picker: counted, ..GOOD }).title, "OpenClaw lacks 1 model");
    let keyless = shows(&none, &none, false, false);
    assert_eq!((keyless.state, &*keyless.title), (SyncState::NoKey, "Listed without a key"));
    assert_eq!(keyless.advice.unwrap().line.unwrap(), "LM_API_TOKEN=lm-studio");
    let early = PickerNow::Shows {
        models: 3,
        missing: &none,
        lingering: &none,
        usable: false,
        again: false,
        keyless: None,
        wants_profile: true,
    };
    let early = assess_one(ServerNow { picker: early, ..GOOD });
    assert_eq!((early.state, &*early.advice.unwrap().line.unwrap()), (SyncState::NoKey, "lmsync doctor --fix"));
    assert_eq!(shows(&none, &none, false, true).state, SyncState::Updating);
}

#[test]
fn a_pause_says_that_nothing_is_lost_and_hides_nothing_worse() {
    let paused = |server| {
        let situation =
            Situation { hangs: None, pause: Some("1 running turn"), gateway: GatewayNow::Away, servers: &[server] };
        assess(&situation)
    };
    let pause = paused(GOOD);
    assert_eq!((pause.state, pause.state.attention()), (SyncState::Paused, Attention::Calm));
    assert!(pause.summary.contains("Nothing is lost") && pause.summary.contains("checks again"), "{}", pause.summary);
    let down = paused(ServerNow { listing: DOWN, ..GOOD });
    assert_eq!(down.state, SyncState::ServerDown);
    assert!(down.summary.ends_with("Checks wait while inference runs."), "{}", down.summary);
}

#[test]
fn one_server_of_three_that_is_down_is_a_warning_and_all_of_them_a_failure() {
    let down = ServerNow { provider: "attic", listing: DOWN, ..GOOD };
    let some = assessed(&[GOOD, down, GOOD], GatewayNow::Runs);
    assert_eq!((some.state, &*some.title), (SyncState::SomeServersDown, "1 of 3 servers is down"));
    assert_eq!(some.servers, [SyncState::InSync, SyncState::ServerDown, SyncState::InSync]);
    assert_eq!(some.summary, "attic does not list its models: refused. OpenClaw keeps the models that it has.");
    let all = assessed(&[down, down], GatewayNow::Runs);
    assert_eq!((all.state, &*all.title), (SyncState::ServerDown, "All 2 servers are down"));
    assert_eq!(assess_one(down).title, "Server is down");
    let unwritten = assess_one(ServerNow { unwritten: 1, ..GOOD });
    assert_eq!((unwritten.state, &*unwritten.title), (SyncState::NotWritten, "1 model not written yet"));
    let worse = ServerNow { file_trouble: Some("read-only"), ..GOOD };
    assert_eq!(assessed(&[down, worse], GatewayNow::Runs).state, SyncState::CannotWrite);
}

#[test]
fn removals_of_several_servers_are_counted_together() {
    let both = assessed(&[listing(1, 1, 0, 2), listing(1, 1, 0, 3)], GatewayNow::Runs);
    assert_eq!(both.title, "Removing 5 models");
}

#[test]
fn what_waits_for_a_restart_or_is_hidden_says_so() {
    let why = "OpenClaw 2026.3.13 reads models.json only when it starts";
    let restart = assess_one(ServerNow { picker: PickerNow::NeedsRestart { why }, ..GOOD });
    assert_eq!((restart.state, &*restart.title), (SyncState::NeedsRestart, "OpenClaw needs a restart"));
    assert_eq!(restart.advice.unwrap().line.unwrap(), "openclaw gateway restart");
    let hidden = PickerNow::Hides { why: "an allowlist", advice: Some("add them") };
    assert_eq!(assess_one(ServerNow { picker: hidden, ..GOOD }).title, "Not visible in OpenClaw");
}

fn listings() -> impl Strategy<Value = ListingNow<'static>> {
    let models = (0usize..4, 0usize..4, 0usize..3, prop::option::of(Just("a page is missing"))).prop_map(
        |(offered, more, removing, incomplete)| ListingNow::Models {
            listed: offered + more,
            offered,
            not_for_chat: more.min(1),
            removing,
            incomplete,
        },
    );
    prop_oneof![4 => models, 1 => Just(ListingNow::Unasked), 1 => Just(DOWN)]
}

fn pickers() -> impl Strategy<Value = PickerNow<'static>> {
    let one: &'static [ModelId] = Box::leak(Box::new([id("a")]));
    let ids = prop_oneof![3 => Just(&[][..]), 1 => Just(one)];
    let shows = (0usize..3, ids.clone(), ids, any::<bool>(), any::<bool>()).prop_map(
        |(models, missing, lingering, usable, again)| PickerNow::Shows {
            models: models * 2,
            missing,
            lingering,
            usable,
            again,
            keyless: None,
            wants_profile: false,
        },
    );
    prop_oneof![
        6 => shows,
        1 => Just(PickerNow::Off),
        1 => Just(PickerNow::Unasked),
        1 => Just(PickerNow::Hides { why: "w", advice: None }),
        1 => Just(PickerNow::NeedsRestart { why: "w" }),
        1 => Just(PickerNow::Fails { why: "w", advice: None }),
    ]
}

fn servers() -> impl Strategy<Value = ServerNow<'static>> {
    let trouble = prop_oneof![4 => Just(None), 1 => Just(Some("read-only"))];
    let unwritten = prop_oneof![4 => Just(0), 1 => 1usize..3];
    (listings(), trouble, unwritten, pickers()).prop_map(|(listing, file_trouble, unwritten, picker)| ServerNow {
        provider: "lmstudio",
        listing,
        empty_after: None,
        file_trouble,
        unwritten,
        picker,
    })
}

fn gateways() -> impl Strategy<Value = GatewayNow<'static>> {
    prop_oneof![
        4 => Just(GatewayNow::Runs),
        1 => Just(GatewayNow::Unknown),
        1 => Just(GatewayNow::Away),
        1 => Just(GatewayNow::NoOpenclaw),
        1 => Just(GatewayNow::Refuses { why: "w", advice: None }),
    ]
}

/// Whether a server's models are served, written and seen, said in another way than the assessment does.
fn is_good(server: &ServerNow<'_>) -> bool {
    let ListingNow::Models { offered: offered @ 1.., removing: 0, incomplete: None, .. } = server.listing else {
        return false;
    };
    let seen = match server.picker {
        PickerNow::Shows { models, missing, lingering, usable: true, .. } => {
            missing.is_empty() && lingering.is_empty() && models >= offered
        }
        _ => false,
    };
    server.file_trouble.is_none() && server.unwritten == 0 && seen
}

proptest! {
    #[test]
    fn it_is_in_sync_exactly_where_everything_is_served_written_and_seen(
        servers in prop::collection::vec(servers(), 0..4),
        gateway in gateways(),
        pause in prop_oneof![3 => Just(None), 1 => Just(Some("a turn"))],
        hangs in prop_oneof![5 => Just(None), 1 => Just(Some(Duration::from_secs(9)))],
    ) {
        let found = assess(&Situation { hangs, pause, gateway, servers: &servers });
        let good = hangs.is_none()
            && pause.is_none()
            && !servers.is_empty()
            && matches!(gateway, GatewayNow::Runs | GatewayNow::Unknown)
            && servers.iter().all(is_good);
        prop_assert_eq!(found.state == SyncState::InSync, good, "{:?}", found);
        prop_assert_eq!(found.state.attention() == Attention::Good, good);
        prop_assert!(!found.title.is_empty() && found.summary.ends_with('.'), "{:?}", found);
        prop_assert!(found.state.attention() != Attention::Failure || !found.summary.is_empty());
    }

    #[test]
    fn one_more_server_never_makes_it_better(
        servers in prop::collection::vec(servers(), 1..4), more in servers(), gateway in gateways(),
    ) {
        let state = |servers: &[ServerNow<'_>]| assessed(servers, gateway).state.attention();
        let mut all = servers.clone();
        all.push(more);
        // All servers down is a failure, and some of them a warning.
        let before = state(&servers).min(Attention::Warning);
        prop_assert!(state(&all) >= before);
    }
}
