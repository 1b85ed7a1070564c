//! Each finding that speaks of the system, under each system: its advice names no other system's commands.

use std::path::Path;
use std::time::{Duration, SystemTime};

use adapters_fs::{Kind, PathFault, PathFaultKind, Rights, Survey, Volume};
use adapters_http::{GatewayMethods, GatewaySeen, GatewayTrouble};
use config::ServerUrl;
use domain::era::{Abilities, Era};
use domain::ports::{AnswerKind, Failure, SourceError, StoreError};
use domain::{Price, Prices};

use super::candidates::{CandidateFacts, diagnose_candidates};
use super::content::{self, ContentFacts};
use super::finding::{Check, Finding, Severity};
use super::gateway::{self, GatewayFacts};
use super::host::{self, HostFacts};
use super::models::{self, Offered};
use super::path_fault::{self, User};
use super::server;
use super::server::tests::with_answer;
use super::state::{self, OnDisk};
use crate::default_server::Candidate;
use crate::host_kind::HostKind;

/// Every place that advice tells from another.
const PLACES: [HostKind; 7] = [
    HostKind::Linux,
    HostKind::Mac,
    HostKind::Windows,
    HostKind::Wsl(Some(std::net::Ipv4Addr::new(172, 20, 0, 1))),
    HostKind::Wsl(None),
    HostKind::Container("Docker"),
    HostKind::Container("Kubernetes"),
];

/// What belongs to a system, and to no other one.
const UNIX: [&str; 8] = ["chmod", "chown", "sudo", "ls -ld", "df ", "mv ", "cp -", "rm "];
const LINUX: [&str; 7] = ["ss -", "lsattr", "findmnt", "dmesg", "timedatectl", "hwclock", "SELinux"];
const MAC: [&str; 7] = ["lsof", "sntp", "diskutil", "System Settings", "chflags", "Disk Utility", "macOS"];
const WINDOWS: [&str; 11] = [
    "icacls",
    "findstr",
    "w32tm",
    "away: move ",
    "Copy-Item",
    "Get-",
    "chkdsk",
    "net use",
    "openclaw.cmd",
    "C:\\",
    ".Delete()",
];
const WSL: [&str; 4] = ["WSL", "wsl ", "/etc/wsl.conf", "New-NetFirewallRule"];

#[test]
fn advice_names_the_commands_of_its_own_system_alone() {
    for here in PLACES {
        let foreign: Vec<&[&str]> = match here {
            HostKind::Linux | HostKind::Container(_) => vec![&MAC, &WINDOWS, &WSL],
            HostKind::Wsl(_) => vec![&MAC, &WINDOWS],
            HostKind::Mac => vec![&LINUX, &WINDOWS, &WSL],
            HostKind::Windows => vec![&UNIX, &LINUX, &MAC, &WSL],
        };
        let own: &[&str] = match here {
            // What a container is not given is held below.
            HostKind::Container(_) => &[],
            HostKind::Linux => &UNIX,
            HostKind::Wsl(_) => &WSL,
            HostKind::Mac => &MAC,
            HostKind::Windows => &WINDOWS,
        };
        let all = findings(here);
        let advice = |finding: &Finding| {
            let fix = finding.fix.as_ref();
            fix.map(|fix| format!("{}: {}", fix.say, fix.line.as_deref().unwrap_or_default()))
        };
        let told: Vec<String> = all.iter().filter_map(advice).collect();
        for (text, word) in told.iter().flat_map(|text| foreign.iter().copied().flatten().map(move |word| (text, word)))
        {
            assert!(!starts_a_word(text, word), "{here:?}: {word:?} in {text:?}");
        }
        for word in own {
            assert!(told.iter().any(|text| text.contains(word)), "{here:?} says nothing of {word:?}");
        }
        let without: Vec<&Finding> =
            all.iter().filter(|finding| finding.severity > Severity::Good && finding.fix.is_none()).collect();
        assert!(without.is_empty(), "{here:?}: {without:#?}");
    }
}

#[test]
fn a_container_is_not_given_what_only_its_host_can_do() {
    for here in [HostKind::Container("Docker"), HostKind::Container("Kubernetes")] {
        for finding in findings(here) {
            let line = finding.fix.and_then(|fix| fix.line).unwrap_or_default();
            let hosts = ["ss -", "timedatectl", "remount", "lsof"].iter().any(|word| line.contains(word));
            assert!(!hosts, "{here:?}: {line}");
        }
    }
}

#[test]
fn the_line_to_type_is_each_system_s_own() {
    let windows = HostKind::Windows;
    let wsl = HostKind::Wsl(None);
    for (check, words, here, line) in [
        ("host.clock", "years behind", HostKind::Linux, "sudo timedatectl set-ntp true"),
        ("host.clock", "years behind", HostKind::Mac, "sudo sntp -sS time.apple.com"),
        ("host.clock", "years behind", windows, "w32tm /resync"),
        ("host.clock", "years behind", wsl, "sudo hwclock -s"),
        ("server.reachable", "no HTTP", HostKind::Linux, "ss -ltnp 'sport = :1234'"),
        ("server.reachable", "no HTTP", HostKind::Mac, "lsof -nP -iTCP:1234 -sTCP:LISTEN"),
        ("server.reachable", "no HTTP", windows, "netstat -ano | findstr LISTENING | findstr :1234"),
        ("state.kind", "symlink", HostKind::Mac, "cp -pL /s/m /s/m.new && mv /s/m.new /s/m"),
        ("state.kind", "symlink", windows, "Copy-Item /s/m /s/m.new; Move-Item -Force /s/m.new /s/m"),
        ("state.file", "may not be", windows, "icacls /s/m /reset /T"),
        ("state.file", "may not be", HostKind::Linux, "chmod -R u+rwX /s/m"),
        ("state.mode", "has mode 777", HostKind::Linux, "chmod 600 /s/m"),
        ("state.mode", "has mode 777", wsl, "[automount]\noptions = \"metadata\""),
        ("models.ids", "a space", windows, "lms load \"a b\" --identifier a-b"),
        ("models.ids", "a space", HostKind::Mac, "lms load 'a b' --identifier a-b"),
    ] {
        let of_check = findings(here);
        let lines: Vec<String> = of_check
            .into_iter()
            .filter(|finding| finding.check == check && finding.sentence.contains(words))
            .filter_map(|finding| finding.fix.and_then(|fix| fix.line))
            .collect();
        assert!(lines.iter().any(|has| has == line), "{here:?} {check}: {line:?} is not in {lines:#?}");
    }
}

#[test]
fn the_schema_knows_each_check() {
    const SCHEMA: &str = include_str!("../../../../docs/schemas/doctor.json");
    for Finding { check, .. } in findings(HostKind::Linux) {
        assert!(SCHEMA.contains(&format!("{check:?}")), "{check}");
    }
}

/// Whether a word is there that is not the end of another one: `df ` is not in `pdf `.
fn starts_a_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
}

/// All findings that speak of the system, for a process that runs there.
fn findings(here: HostKind) -> Vec<Finding> {
    let uid = (here != HostKind::Windows).then_some(1000);
    let user = User { uid, here };
    let mut all = Vec::new();
    all.extend(of_paths(user));
    all.extend(of_machine(here));
    for (host, failure) in [
        ("localhost", Failure::Refused),
        ("10.0.0.9", Failure::Refused),
        ("10.0.0.9", Failure::Other),
        ("studio", Failure::Unresolved),
        ("localhost", Failure::HungUp),
        ("10.0.0.9", Failure::HungUp),
    ] {
        let address = format!("http://{host}:1234/v1/models");
        let error = || SourceError::Unreachable { address: address.clone(), failure, cause: "x".into() };
        all.extend(server::diagnose(&with_answer(here, host, Err(error())), None));
        let url = ServerUrl::parse(&address).unwrap();
        all.extend(candidates(here, url, error()));
    }
    for host in ["localhost", "10.0.0.9"] {
        let (address, limit) = (format!("http://{host}:1234/v1"), Duration::from_secs(5));
        let error = SourceError::TimedOut { address: address.clone(), limit };
        all.extend(server::diagnose(&with_answer(here, host, Err(error)), None));
        let cause = "no HTTP".into();
        let error = SourceError::Malformed { address, kind: AnswerKind::NotHttp, cause };
        all.extend(server::diagnose(&with_answer(here, host, Err(error)), None));
    }
    all.extend(of_gateway(here));
    all.extend(content::diagnose(
        &ContentFacts {
            path: "/s/m".into(),
            unreadable: Some(StoreError::Malformed { path: "/s/m".into(), cause: "x".into() }),
            there: true,
            early: Vec::new(),
            late: Vec::new(),
            passes: Vec::new(),
        },
        None,
        false,
        here,
    ));
    let offered = Offered {
        id: "a b".into(),
        window: 8_192,
        tokens: 8_192,
        is_known: true,
        max: Some(131_072),
        failed: true,
        prices: Prices { input: Some(Price::Unclear), ..Prices::default() },
        kind: None,
    };
    all.extend(models::diagnose(&[offered], Some(here), None));
    all
}

/// A place where LM Studio can be, and did not answer.
fn candidates(here: HostKind, url: ServerUrl, error: SourceError) -> Vec<Finding> {
    let candidates = vec![Candidate { url, failure: Some(error) }];
    let timeout = Duration::from_secs(5);
    diagnose_candidates(&CandidateFacts { here, timeout, candidates, used: String::new() })
}

fn survey(kind: Kind, owner: u32, mode: u32, user: User) -> Survey {
    Survey {
        is_folder: kind == Kind::Folder,
        kind,
        rights: user.uid.map(|_| Rights { uid: owner, gid: owner, mode }),
        links: 1,
        mounted: false,
        readable: Ok(()),
        writable: Ok(()),
        modified: SystemTime::UNIX_EPOCH,
    }
}

fn of_paths(user: User) -> Vec<Finding> {
    // A path of WSL that leads to Windows' own drive.
    let file = if matches!(user.here, HostKind::Wsl(_)) { "/mnt/c/m" } else { "/s/m" };
    let mut all = Vec::new();
    let file_of = |survey: Survey| {
        let folder = self::survey(Kind::Folder, 1000, 0o700, user);
        let place = |path: &str, survey| OnDisk { path: path.into(), survey: Ok(Some(survey)) };
        state::diagnose_file(&place(file, survey), &place("/s", folder), user, None)
    };
    let plain = || survey(Kind::File, 1000, 0o600, user);
    all.extend(file_of(survey(Kind::Symlink("x".into()), 1000, 0o600, user)));
    all.extend(file_of(survey(Kind::Other("a socket"), 1000, 0o600, user)));
    all.extend(file_of(Survey { links: 2, ..plain() }));
    all.extend(file_of(Survey { mounted: true, ..plain() }));
    all.extend(file_of(survey(Kind::File, 0, 0o600, user)));
    all.extend(file_of(survey(Kind::File, 1000, 0o777, user)));
    let missing = OnDisk { path: "/s".into(), survey: Ok(None) };
    let no_folder = OnDisk { path: "/s".into(), survey: Ok(Some(plain())) };
    all.extend([missing, no_folder].iter().flat_map(|place| state::diagnose_folder(place, user)));
    for kind in [
        PathFaultKind::Denied,
        PathFaultKind::ReadOnly,
        PathFaultKind::Circle,
        PathFaultKind::NotAFolder,
        PathFaultKind::BadName,
        PathFaultKind::Disk,
        PathFaultKind::Stale,
        PathFaultKind::Gone,
        PathFaultKind::Other,
    ] {
        let fault = PathFault { at: "/s/m".into(), kind, text: "refused".into() };
        let surveys = [(1000, 0o000), (1000, 0o600), (0, 0o600), (7, 0o600)];
        let surveys = surveys.map(|(owner, mode)| Some(survey(Kind::File, owner, mode, user)));
        for survey in surveys.iter().chain([&None]) {
            all.push(path_fault::diagnose(Check("state.file"), Path::new("/s/m"), &fault, survey.as_ref(), user));
        }
    }
    all
}

fn of_machine(here: HostKind) -> Vec<Finding> {
    let volume = |free_bytes, read_only| Volume { free_bytes, free_files: None, read_only };
    let volumes = [volume(0, false), volume(2 << 20, false), volume(1 << 40, true)];
    let facts = |volume| HostFacts {
        here,
        now: SystemTime::UNIX_EPOCH,
        changed: Vec::new(),
        folder: "/s".into(),
        volume: Some(volume),
        file_bytes: 0,
    };
    volumes.into_iter().flat_map(|volume| host::diagnose(&facts(volume))).collect()
}

fn of_gateway(here: HostKind) -> Vec<Finding> {
    let seen = |version: &str| GatewaySeen {
        version: version.to_owned(),
        era: Era::for_gateway(version, Abilities::default()),
        protocol: 4,
        methods: GatewayMethods::default(),
        reads: true,
        started_at: None,
    };
    let troubles = [
        GatewayTrouble::Absent,
        GatewayTrouble::Silent,
        GatewayTrouble::TokenRefused,
        GatewayTrouble::NotPaired,
        GatewayTrouble::NoRights,
    ];
    let gateways = troubles.into_iter().map(Err).chain(["2026.3.13", "2026.7.1"].map(|version| Ok(seen(version))));
    let facts = |seen| GatewayFacts {
        here,
        address: "ws://h:1".into(),
        seen,
        installed: None,
        pickers: Vec::new(),
        config_file: "openclaw.json".into(),
        auth_file: "auth-profiles.json".into(),
    };
    gateways.flat_map(|seen| gateway::diagnose(&facts(seen))).collect()
}
