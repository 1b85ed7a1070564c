//! The law: it is never in sync while the doctor fails.

use std::time::{Duration, SystemTime};

use adapters_fs::{AuthProfile, EntryKey, ProviderEntry};
use adapters_http::{GatewayMethods, GatewaySeen, GatewayTrouble};
use app::Report;
use domain::era::Abilities;
use domain::ports::Shown;
use domain::{DesiredEntry, LeftOut, ModelId, ModelKind, SyncState, describe};
use proptest::prelude::*;

use super::*;
use crate::doctor::daemon::DaemonFacts;
use crate::doctor::finding::Check;
use crate::doctor::gateway::{self as doctor_gateway, GatewayFacts};
use crate::doctor::host::HostFacts;
use crate::doctor::openclaw::OpenClawFacts;
use crate::doctor::path_fault::User;
use crate::doctor::server::tests::with_answer;
use crate::doctor::server::{self, Answered};
use crate::doctor::state::OnDisk;
use crate::host_kind::HostKind;
use crate::place::Place;

/// A server that lists so many models, and offers OpenClaw so many of them.
fn server(listed: usize, offered: usize) -> ServerFacts {
    let id = |number: usize| ModelId::new(&format!("m{number}")).unwrap();
    let models = (0..offered).map(|number| describe(&id(number), None)).collect();
    let embeds = LeftOut::NotForChat(ModelKind::Embedding);
    let report = Report {
        listed,
        desired: DesiredEntry { models, ..DesiredEntry::default() },
        left_out: (offered..listed).map(|number| (id(number), embeds.clone())).collect(),
        ..Report::default()
    };
    let (unlisted, models) = (Vec::new(), Vec::new());
    let answered = Answered { product: None, version: None, api: None, report, unlisted, models };
    ServerFacts { lm_studio: true, ..with_answer(HostKind::Linux, "h", Ok(answered)) }
}

/// A server and a gateway on a machine that has an openclaw.json, and is as it should be.
fn facts(server: ServerFacts, gateway: GatewayFacts) -> Facts {
    let on_disk = |path: &str| OnDisk { path: path.into(), survey: Ok(None) };
    let (here, now) = (HostKind::Linux, SystemTime::UNIX_EPOCH);
    Facts {
        candidates: None,
        servers: vec![server],
        user: User { uid: None, here },
        folder: on_disk("/s"),
        place: Place {
            state_dir: "/s".into(),
            is_openclaws: true,
            elsewhere: Vec::new(),
            configured: Vec::new(),
            unknown: Vec::new(),
            kept: Vec::new(),
            named: Vec::new(),
        },
        files: Vec::new(),
        openclaw: OpenClawFacts {
            path: "/s/openclaw.json".into(),
            there: true,
            unusable: None,
            included: 0,
            problems: Vec::new(),
            providers: Vec::new(),
        },
        config_file: on_disk("/s/openclaw.json"),
        gateway,
        daemon: DaemonFacts { seen: Err("no note".to_owned()), plugin_is_enabled: false, service: None, now },
        host: HostFacts { here, now, changed: Vec::new(), folder: "/s".into(), volume: None, file_bytes: 0 },
    }
}

fn seen(version: &str, auth_status: bool) -> GatewaySeen {
    GatewaySeen {
        version: version.to_owned(),
        era: Era::for_gateway(version, Abilities::default()),
        protocol: 4,
        methods: GatewayMethods { auth_status, ..GatewayMethods::default() },
        reads: true,
        started_at: None,
    }
}

fn shown(models: usize, missing: bool, unavailable: bool) -> Shown {
    let missing = if missing { vec![ModelId::new("a").unwrap()] } else { Vec::new() };
    Shown { models, missing, lingering: Vec::new(), unavailable, took: Duration::ZERO }
}

fn gateway(seen: Result<GatewaySeen, GatewayTrouble>, pickers: Vec<PickerFacts>) -> GatewayFacts {
    GatewayFacts {
        here: HostKind::Linux,
        address: "ws://h:1".into(),
        seen,
        installed: None,
        pickers,
        config_file: "openclaw.json".into(),
        auth_file: "auth-profiles.json".into(),
    }
}

#[test]
fn a_gateway_that_does_not_run_is_waited_for_as_the_daemon_does() {
    for trouble in [GatewayTrouble::Absent, GatewayTrouble::Stopped, GatewayTrouble::Starting] {
        let facts = facts(server(1, 1), gateway(Err(trouble), Vec::new()));
        assert_eq!(assess_facts(&facts, &[]).state, SyncState::WaitingForOpenclaw);
    }
    let facts = facts(server(1, 1), gateway(Err(GatewayTrouble::NoRelay), Vec::new()));
    assert_eq!(assess_facts(&facts, &[]).state, SyncState::CannotCheck);
}

proptest! {
    #[test]
    fn it_is_never_in_sync_while_the_doctor_fails(
        (offered, more) in (0usize..3, 0usize..3),
        (models, missing, unavailable) in (0usize..4, any::<bool>(), any::<bool>()),
        answers in any::<bool>(),
        (version, auth_status) in (prop::sample::select(&["2026.2.12", "2026.7.1", "2026.9.6"][..]), any::<bool>()),
        trouble in prop::option::weighted(0.2, prop::sample::select(&[
            GatewayTrouble::Absent, GatewayTrouble::TokenRefused, GatewayTrouble::NoRights,
        ][..])),
        key in prop::sample::select(&[EntryKey::None, EntryKey::Key][..]),
        other in prop::option::weighted(0.2, prop::sample::select(&[
            "openclaw.mode", "models-json.parses", "state.file", "gateway.auth-profiles",
        ][..])),
    ) {
        let picker = PickerFacts {
            provider: "lmstudio".into(),
            kept: offered,
            kept_in: "models.json",
            shown: if answers {
                Ok(shown(models, missing, unavailable))
            } else {
                Err(GatewayError::Unsupported { version: version.to_owned() })
            },
            profile: AuthProfile::NoFile,
            base_url: "http://h:1234/v1".into(),
            entry: (key != EntryKey::None).then(|| ProviderEntry { key, ..ProviderEntry::default() }),
            own_key: false,
        };
        let gateway = gateway(trouble.map_or_else(|| Ok(seen(version, auth_status)), Err), vec![picker]);
        let facts = facts(server(offered + more, offered), gateway);
        let mut found = server::diagnose(&facts.servers[0], facts.gateway.era());
        found.extend(doctor_gateway::diagnose(&facts.gateway));
        found.extend(other.map(|check| Check(check).failure("it fails")));
        let state = assess_facts(&facts, &found).state;
        let fails = found.iter().any(|finding| finding.severity == Severity::Failure);
        prop_assert!(!(fails && state == SyncState::InSync), "{state:?}: {found:#?}");
    }
}
