//! How people name the server and its key.

use domain::KeyHeader;

use super::*;

#[test]
fn a_variable_in_which_others_look_for_the_address_is_noticed_while_ours_is_not_set() {
    let noticed = |environment: &[(&str, &str)]| -> Vec<String> {
        config(environment).unknown().iter().map(|u| format!("{} {}", u.name, u.nearest)).collect()
    };
    for name in ["OPENAI_BASE_URL", "OPENAI_API_BASE_URL", "LMSTUDIO_BASE_URL", "LM_STUDIO_API_BASE", "OPENAI_HOST"] {
        assert_eq!(noticed(&[(name, "http://x")]), [format!("{name} OPENAI_API_BASE")]);
        assert!(noticed(&[(name, "http://x"), ("OPENAI_API_BASE", "http://y")]).is_empty());
    }
    assert!(noticed(&[("OPENAI_ORG_ID", "x"), ("LMSTUDIO_MODEL", "y"), ("DATABASE_URL", "z")]).is_empty());
    let with_file = Inputs {
        config_file: Some((PathBuf::from("/s/lmsync.toml"), "base_url = \"a:1\"".into())),
        ..inputs("", &[("OPENAI_BASE_URL", "http://x")], &[])
    };
    assert!(Config::read(with_file).unwrap().unknown().is_empty());
}

#[test]
fn quotes_that_are_part_of_a_value_are_noticed_and_named() {
    let quoted = [("OPENAI_API_KEY", "'sk-lm-1'"), ("LMSYNC_ON_CHANGE", "\"a\" \"b\""), ("LMSYNC_AGENT", "main")];
    assert_eq!(config(&quoted).quoted(), ["OPENAI_API_KEY"]);
    for name in ["OPENAI_API_BASE", "LMSYNC_INTERVAL"] {
        let text = problem(&[(name, "\"10s\"")]);
        assert!(text.contains(name) && text.matches("docker --env-file").count() == 1, "{text}");
    }
    assert!(!problem(&[("LMSYNC_INTERVAL", "soon")]).contains("quotes"));
}

#[test]
fn the_header_of_a_key_is_settable() {
    let header = |text: &str| config(&[("LMSYNC_KEY_HEADER", text)]).settings().map(|s| s.key_header);
    assert_eq!(header("").unwrap(), KeyHeader::Bearer);
    assert_eq!(header("basic").unwrap(), KeyHeader::Basic);
    assert_eq!(header("X-API-Key").unwrap(), KeyHeader::Named("x-api-key".into()));
    assert!(header("host").unwrap_err().to_string().contains("expected bearer, basic"));
}
