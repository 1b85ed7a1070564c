//! The simulated LM Studio, as a process of its own: with the WebSocket that the gauge asks.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::Bench;
use super::daemon::Daemon;
use super::scale::pause;
use super::world::World;

/// A running simulator.
#[derive(Debug)]
pub(super) struct Simulator {
    address: String,
    _process: Daemon,
}

impl Simulator {
    /// Starts one, with the demo's models.
    pub(super) fn start(bench: &Bench, world: &World) -> Result<Self, String> {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr());
        let address = free.map_err(|error| error.to_string())?.to_string();
        let mut command = world.command(&bench.programs.lmsync);
        let process = Daemon::start(command.args(["simulator", "--control", "--listen", &address]))?;
        process.wait_for(&["serves at"])?;
        Ok(Self { address, _process: process })
    }

    /// Where it listens, `127.0.0.1:PORT`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Its address as OpenAI's clients want it.
    pub(super) fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Adds and removes models: `{"add": […], "remove": […]}`.
    pub(super) fn change(&self, what: &str) -> Result<(), String> {
        self.ask("POST", "/simulator/models", what).map(drop)
    }

    /// How often its list was asked for.
    pub(super) fn listings(&self) -> Result<usize, String> {
        Ok(self.ask("GET", "/simulator/requests", "")?.matches("\"/v1/models\"").count())
    }

    /// Waits until it was asked so many times more.
    pub(super) fn wait_for_listings(&self, more: usize) -> Result<(), String> {
        let until = self.listings()? + more;
        let began = Instant::now();
        while self.listings()? < until {
            if began.elapsed() > Duration::from_secs(300) {
                return Err("the daemon asks no more".into());
            }
            pause(Duration::from_millis(100));
        }
        Ok(())
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let exchange = || {
            let mut stream = TcpStream::connect(&self.address)?;
            let length = body.len();
            write!(
                stream,
                "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}",
                self.address
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        exchange().map_err(|error: std::io::Error| format!("the simulator does not answer: {error}"))
    }
}
