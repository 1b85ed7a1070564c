//! The device: an ed25519 key that lets versions 2026.2.22 to 2026.4.15 keep our scopes.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::Cause;
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::wire::{Auth, Client, Device};

/// The key by which a gateway knows this installation again.
pub struct DeviceKey(Ed25519KeyPair);

impl DeviceKey {
    /// Makes the 32 secret bytes of a new key. Keep them where only this user can read.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn new_seed() -> Result<[u8; 32], Cause> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| "the system gives no random bytes")?;
        Ok(seed)
    }

    /// Takes a key from its 32 secret bytes.
    ///
    /// # Errors
    /// Where these are not 32 bytes.
    pub fn from_seed(seed: &[u8]) -> Result<Self, Cause> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| "a device key has 32 bytes")?;
        Ok(Self(pair))
    }

    /// Signs the gateway's nonce together with all that we say about ourselves (payload version 3).
    pub(super) fn sign(&self, client: &Client, role: &str, scopes: &[&str], auth: &Auth<'_>, nonce: &str) -> Device {
        let public = self.0.public_key().as_ref();
        let id = digest::digest(&digest::SHA256, public);
        let id = id.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing into a string cannot fail.
            let _ = fmt::Write::write_fmt(&mut hex, format_args!("{byte:02x}"));
            hex
        });
        let signed_at =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_millis().min(u64::MAX.into()) as u64);
        let payload = format!(
            "v3|{id}|{}|{}|{role}|{}|{signed_at}|{}|{nonce}|{}|",
            client.id,
            client.mode,
            scopes.join(","),
            auth.token.unwrap_or_default(),
            client.platform,
        );
        Device {
            id,
            public_key: URL_SAFE_NO_PAD.encode(public),
            signature: URL_SAFE_NO_PAD.encode(self.0.sign(payload.as_bytes())),
            signed_at,
            nonce: nonce.to_owned(),
        }
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn the_signature_covers_the_nonce_and_the_token() {
        let key = DeviceKey::from_seed(&[7; 32]).unwrap();
        let client = Client { id: "gateway-client", version: "1", platform: "linux", mode: "backend" };
        let auth = Auth { token: Some("tok"), password: None };
        let device = key.sign(&client, "operator", &["operator.read"], &auth, "n1");
        let payload = format!(
            "v3|{}|gateway-client|backend|operator|operator.read|{}|tok|n1|linux|",
            device.id, device.signed_at
        );
        let public = URL_SAFE_NO_PAD.decode(&device.public_key).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(&device.signature).unwrap();
        UnparsedPublicKey::new(&ED25519, public).verify(payload.as_bytes(), &signature).unwrap();
        assert_eq!(device.id.len(), 64);
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let seed = DeviceKey::new_seed().unwrap();
        assert_eq!(format!("{:?}", DeviceKey::from_seed(&seed).unwrap()), "DeviceKey(redacted)");
        assert!(DeviceKey::from_seed(&seed[1..]).is_err());
    }
}
