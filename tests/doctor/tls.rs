//! Servers that speak TLS: one that nobody vouches for, and one that is asked without.

use std::fs;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::doctor::doctor;
use crate::support::world::World;

/// Starts a server for `localhost` that lists one model over TLS; gives its port and its own certificate as PEM.
async fn server() -> (u16, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
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
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that speaks no TLS, or trusts nobody, hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 4096]).await;
                let body = r#"{"data":[{"id":"a"}]}"#;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, certificate.pem())
}

#[tokio::test]
async fn a_certificate_that_nobody_trusted_vouches_for() {
    let (port, _) = server().await;
    let told = doctor(&World::new(), &format!("https://localhost:{port}/v1"), &[]).await;
    told.finds("failure", "server.tls", "no trusted connection", "SSL_CERT_FILE=");
}

#[tokio::test]
async fn http_where_the_server_speaks_https() {
    let (port, pem) = server().await;
    let world = World::new();
    let trusted = world.home().join("authority.pem");
    fs::write(&trusted, pem).unwrap();
    let environment = [("SSL_CERT_FILE", trusted.to_str().unwrap())];
    let told = doctor(&world, &format!("http://localhost:{port}/v1"), &environment).await;
    let set = format!("OPENAI_API_BASE=https://localhost:{port}/v1");
    told.finds("failure", "server.tls", "speaks https, not http", &set);
}
