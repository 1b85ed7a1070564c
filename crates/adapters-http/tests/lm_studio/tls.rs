//! TLS: only a certificate that somebody trusted vouches for gets to see the key.

use std::path::Path;
use std::sync::Arc;

use domain::Listing;
use domain::ports::{Failure, ModelSource, SourceError};
use lmsync_adapters_http::{LmStudio, Tls};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::server::{Say, Server, Wait, head, one_model};
use crate::{AMPLE, address, chain, ids};

/// Starts a TLS server whose own certificate is for `name`; gives its port and the certificate as PEM.
async fn server(name: &str, expired: bool) -> (u16, String) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pem = certificate.pem();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await
                && head(&mut stream).await.is_some()
            {
                let _ = stream.write_all(&one_model("a")).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (port, pem)
}

async fn ask(port: u16, roots: Option<&Path>) -> Result<Listing, SourceError> {
    let address = address(&format!("https://localhost:{port}"));
    LmStudio::new(address, crate::key("sk-lm-SECRETab"), AMPLE, Tls::new(roots).unwrap()).models().await
}

/// Asks a server whose certificate is trusted by a file.
async fn trusting(name: &str, expired: bool) -> Result<Listing, SourceError> {
    let (port, pem) = server(name, expired).await;
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, pem).unwrap();
    ask(port, Some(&roots)).await
}

fn tls_refusal(result: Result<Listing, SourceError>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { failure: Failure::Tls, .. }), "{error:?}");
    chain(&error)
}

#[tokio::test]
async fn a_certificate_of_our_own_is_accepted_when_a_file_says_so() {
    assert_eq!(ids(&trusting("localhost", false).await.unwrap()), ["a"]);
}

#[tokio::test]
async fn a_certificate_of_unknown_origin_is_refused() {
    let (port, _) = server("localhost", false).await;
    let shown = tls_refusal(ask(port, None).await);
    assert!(shown.contains("UnknownIssuer"), "{shown}");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let shown = tls_refusal(trusting("elsewhere.example", false).await);
    assert!(shown.contains("not valid for name"), "{shown}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let shown = tls_refusal(trusting("localhost", true).await);
    assert!(shown.contains("expired"), "{shown}");
}

#[tokio::test]
async fn a_server_without_tls_is_no_tls_server() {
    let plain = Server::playing(vec![vec![Say(one_model("a")), Wait]]).await;
    tls_refusal(ask(plain.port(), None).await);
}
