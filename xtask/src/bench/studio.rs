//! A server that costs nothing to speak of: LM Studio's list and its own endpoint, answered from memory.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The server. It lives as long as this process.
#[derive(Debug, Clone)]
pub(super) struct Studio {
    address: SocketAddr,
    answers: Arc<Mutex<Answers>>,
}

#[derive(Debug, Default)]
struct Answers {
    /// `GET /v1/models`
    list: Arc<str>,
    /// `GET /api/v1/models`
    facts: Arc<str>,
    /// How often the list was asked for.
    asked: usize,
}

impl Studio {
    /// Starts one that lists nothing yet.
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let studio = Self { address: listener.local_addr()?, answers: Arc::default() };
        let serving = studio.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let studio = serving.clone();
                // A client that hangs up has its reasons.
                thread::spawn(move || drop(studio.serve(&stream)));
            }
        });
        Ok(studio)
    }

    /// Lists so many models from now on. The facts of more than a few thousand are too long for any client.
    pub(super) fn list(&self, models: usize) {
        let (mut list, mut facts) = (String::new(), String::new());
        for index in 0..models {
            let comma = if index > 0 { "," } else { "" };
            let id = format!("publisher-{:02}/model-{index:06}-7b", index % 97);
            // Writing into a string cannot fail.
            let _ = write!(list, r#"{comma}{{"id":"{id}","object":"model","owned_by":"organization_owner"}}"#);
            if models <= 1_000 {
                let _ = write!(
                    facts,
                    r#"{comma}{{"type":"llm","publisher":"publisher","key":"{id}","display_name":"Model {index} 7B","architecture":"qwen2","quantization":{{"name":"Q4_K_M","bits_per_weight":4}},"size_bytes":4683073952,"params_string":"7B","loaded_instances":[],"max_context_length":32768,"format":"gguf","capabilities":{{"vision":false,"trained_for_tool_use":true}},"description":null}}"#
                );
            }
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.list = format!(r#"{{"object":"list","data":[{list}]}}"#).into();
        answers.facts = match models {
            0..=1_000 => format!(r#"{{"models":[{facts}]}}"#).into(),
            _ => r#"{"error":"Unexpected endpoint or method."}"#.into(),
        };
    }

    /// Where it listens, `127.0.0.1:PORT`.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Its address as OpenAI's clients want it.
    pub(super) fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// How often its list was asked for.
    pub(super) fn asked(&self) -> usize {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).asked
    }

    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut close = false;
            loop {
                line.clear();
                reader.read_line(&mut line)?;
                if line.trim_end().is_empty() {
                    break;
                }
                close |= line.trim_end().eq_ignore_ascii_case("connection: close");
            }
            line.clear();
            let body = self.answer(&path);
            let mut answer =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len())
                    .into_bytes();
            answer.extend_from_slice(body.as_bytes());
            (&*stream).write_all(&answer)?;
            if close {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, path: &str) -> Arc<str> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match path {
            "/v1/models" => {
                answers.asked += 1;
                Arc::clone(&answers.list)
            }
            "/api/v1/models" => Arc::clone(&answers.facts),
            _ => r#"{"error":"Unexpected endpoint or method."}"#.into(),
        }
    }
}
