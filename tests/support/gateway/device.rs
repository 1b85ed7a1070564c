//! The device identity that OpenClaw 2026.2.22 to 2026.4.15 wants from a client before it lets it read.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

/// Whether a gateway that calls itself so wants one.
pub(super) fn is_wanted_by(version: &str) -> bool {
    ("2026.2.22"..="2026.4.15").contains(&version)
}

/// Signs the gateway's nonce for what `connect` says of the client.
pub(super) fn sign(connect: &Value, nonce: &str) -> Value {
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let public = key.public_key().as_ref();
    let id: String = digest(&SHA256, public).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let signed_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let scopes: Vec<String> = connect["scopes"].as_array().unwrap().iter().map(text).collect();
    let [client, mode, platform] = ["id", "mode", "platform"].map(|name| text(&connect["client"][name]));
    let (role, token) = (text(&connect["role"]), text(&connect["auth"]["token"]));
    let payload =
        format!("v3|{id}|{client}|{mode}|{role}|{}|{signed_at}|{token}|{nonce}|{platform}|", scopes.join(","),);
    json!({
        "id": id,
        "publicKey": URL_SAFE_NO_PAD.encode(public),
        "signature": URL_SAFE_NO_PAD.encode(key.sign(payload.as_bytes())),
        "signedAt": signed_at,
        "nonce": nonce,
    })
}
