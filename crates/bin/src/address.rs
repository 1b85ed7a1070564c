//! Where a server is, for its client.

use adapters_http::ServerAddress;
use config::ServerUrl;

pub(crate) fn address(server: &ServerUrl) -> ServerAddress {
    let ServerUrl { api, others, root } = server.clone();
    ServerAddress { api, others, root }
}
