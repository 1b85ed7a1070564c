//! Tests of the choice, and of what the table's rows must have in common.

use super::*;

fn since(version: &str, can: Abilities) -> String {
    Era::for_gateway(version, can).since.to_string()
}

#[test]
fn a_version_is_of_the_last_era_that_has_begun() {
    let nothing = Abilities::default();
    for (version, expected) in [
        ("2026.1.5", "2026.2.12"),
        ("2026.2.21", "2026.2.12"),
        ("2026.3.13", "2026.2.22"),
        ("2026.4.19", "2026.4.15"),
        ("2026.4.27", "2026.4.20"),
        ("2026.5.7", "2026.4.29"),
        ("2026.6.1", "2026.5.28"),
        ("2026.7.35", "2026.6.5"),
        ("2026.9.4", "2026.8.1"),
        ("2026.9.5", "2026.9.5"),
        ("2027.1.1", "2026.9.5"),
    ] {
        assert_eq!(since(version, nothing), expected, "{version}");
    }
}

#[test]
fn a_version_without_a_number_is_known_by_what_it_can_do() {
    let can = Abilities::default();
    assert_eq!(since("dev", can), "2026.2.12");
    let can = Abilities { auth_status: true, ..can };
    assert_eq!(since("dev", can), "2026.4.15");
    let can = Abilities { preflight: true, ..can };
    assert_eq!(since("dev", can), "2026.6.5");
    let can = Abilities { suspend: true, ..can };
    assert_eq!(since("", can), "2026.9.5");
}

#[test]
fn the_table_is_in_order_and_each_row_was_tried_on_a_version_of_its_own() {
    assert!(ERAS.is_sorted_by(|one, next| one.since < next.since));
    for era in &ERAS {
        assert!(!era.tried.is_empty(), "{}", era.name());
        for tried in era.tried {
            assert_eq!(Era::for_release(Release::parse(tried).unwrap()), era, "{tried}");
        }
    }
}

#[test]
fn every_era_has_a_credential_and_a_signal() {
    for era in &ERAS {
        assert!(!era.credentials.is_empty() && !era.signals.is_empty(), "{}", era.name());
        let reads_profiles = era.auth_profiles == AuthProfiles::Read;
        assert!(reads_profiles || !era.credentials.contains(&Credential::AuthProfile), "{}", era.name());
    }
}

#[test]
fn a_person_reads_a_span_of_versions() {
    assert_eq!(ERAS[0].name(), "2026.2.12 to before 2026.2.22");
    assert_eq!(ERAS.last().unwrap().name(), "2026.9.5 and later");
}
