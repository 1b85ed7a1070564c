//! A server's key, and the one header that carries it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{KeyHeader, Secret};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::echo::Echo;
use crate::http_client::ExchangeError;

/// A server's key, and how it is sent. `Debug` shows the header alone.
#[derive(Debug, Clone)]
pub struct ServerKey {
    secret: Secret,
    header: KeyHeader,
    /// The header's value, where that is not the key itself.
    encoded: Option<Secret>,
}

impl From<Secret> for ServerKey {
    /// A key that is sent as `Authorization: Bearer`.
    fn from(secret: Secret) -> Self {
        Self::new(secret, KeyHeader::Bearer)
    }
}

impl ServerKey {
    /// A key that is sent in that header. For [`KeyHeader::Basic`] it is `user:password`.
    #[must_use]
    pub fn new(secret: Secret, header: KeyHeader) -> Self {
        let basic = header == KeyHeader::Basic;
        let encoded = basic.then(|| Secret::new(STANDARD.encode(secret.expose()))).flatten();
        Self { secret, header, encoded }
    }

    /// The key itself.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Whether it is a user name and a password.
    pub(super) fn is_password(&self) -> bool {
        self.header == KeyHeader::Basic
    }

    /// The key as LM Studio's WebSocket takes it: only one that is a token for the server itself.
    #[must_use]
    pub fn token(&self) -> Option<&Secret> {
        (self.header == KeyHeader::Bearer).then_some(&self.secret)
    }

    /// The header, marked as one that no log may show.
    pub(super) fn header(&self) -> Result<(HeaderName, HeaderValue), ExchangeError> {
        let unsendable = || ExchangeError::UnsendableKey;
        let sent = self.encoded.as_ref().unwrap_or(&self.secret).expose();
        let (name, text) = match &self.header {
            KeyHeader::Bearer => (AUTHORIZATION, format!("Bearer {sent}")),
            KeyHeader::Basic => (AUTHORIZATION, format!("Basic {sent}")),
            KeyHeader::Named(name) => {
                (HeaderName::try_from(name.as_str()).map_err(|_invalid| unsendable())?, sent.to_owned())
            }
        };
        let mut value = HeaderValue::try_from(text).map_err(|_names_the_key| unsendable())?;
        value.set_sensitive(true);
        Ok((name, value))
    }

    /// What of it a server may say back.
    pub(super) fn echo(key: Option<&Self>) -> Echo<'_> {
        let Some(Self { secret, encoded, .. }) = key else { return Echo(Vec::new()) };
        let Some(encoded) = encoded else { return Echo(vec![secret.expose()]) };
        let password = secret.expose().split_once(':').map_or(secret.expose(), |(_, password)| password);
        let secrets = [secret.expose(), password, encoded.expose()];
        Echo(secrets.into_iter().filter(|secret| !secret.is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str, header: KeyHeader) -> ServerKey {
        ServerKey::new(Secret::new(secret).unwrap(), header)
    }

    #[test]
    fn one_header_carries_the_key_and_shows_it_to_no_log() {
        for (header, name, text) in [
            (KeyHeader::Bearer, "authorization", "Bearer me:word"),
            (KeyHeader::Basic, "authorization", "Basic bWU6d29yZA=="),
            (KeyHeader::Named("api-key".into()), "api-key", "me:word"),
        ] {
            let key = key("me:word", header);
            let (found, value) = key.header().unwrap();
            assert_eq!((found.as_str(), value.to_str().unwrap()), (name, text));
            assert!(!format!("{key:?} {value:?}").contains("word"), "{key:?} {value:?}");
        }
    }

    #[test]
    fn only_a_bearer_token_is_one_for_lm_studio_s_websocket() {
        assert!(key("a", KeyHeader::Bearer).token().is_some());
        assert!(key("a:b", KeyHeader::Basic).token().is_none());
        assert!(key("a", KeyHeader::Named("x-api-key".into())).token().is_none());
    }

    #[test]
    fn a_password_is_found_in_each_form_in_which_it_may_come_back() {
        let key = key("admin:hunter2-and-more-of-it", KeyHeader::Basic);
        let Echo(secrets) = ServerKey::echo(Some(&key));
        assert_eq!(secrets[1], "hunter2-and-more-of-it");
        assert_eq!(STANDARD.decode(secrets[2]).unwrap(), b"admin:hunter2-and-more-of-it");
    }
}
