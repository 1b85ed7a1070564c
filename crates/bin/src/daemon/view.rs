//! What the daemon shows a person at a terminal: where it works, and then a line for each change.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use adapters_http::{Gateway, GatewayTrouble};
use app::{Change, ChangedIds, Event, NameList, ServerPass};
use domain::{ChangedModel, ModelId, by_number, count, escape_untrusted};

use crate::changes::field_lines;
use crate::place::{Place, names};
use crate::terminal::{Paint, Screen};

/// What is shown on standard error, between the lines of the log.
pub(crate) struct View {
    gateway: Arc<Gateway>,
    /// The state folder with its agents, and the page's address, until they are shown.
    place: RefCell<Option<(String, Option<SocketAddr>)>>,
    servers: Cell<usize>,
    /// The rows that the last pass has written with other values, by provider.
    rows: RefCell<Vec<(String, Vec<ChangedModel>)>>,
}

impl View {
    /// Says that lmsync runs; where it works is shown with the first pass, which knows what is there.
    pub(crate) fn start(place: &Place, page: Option<SocketAddr>, gateway: Arc<Gateway>) -> Self {
        let screen = Screen::of_errors();
        let title = format!("lmsync {}", env!("CARGO_PKG_VERSION"));
        print(&format!("{}\n", screen.painted(&title, Paint::Bold)));
        let agents = by_number(place.kept.len(), "agent", "agents");
        let shown = format!("{} ({agents} {})", place.state_dir.display(), names(&place.kept));
        Self { gateway, place: RefCell::new(Some((shown, page))), servers: Cell::new(1), rows: RefCell::default() }
    }

    /// Shows what a person wants to see of an event.
    pub(crate) fn show(&self, event: &Event) {
        match event {
            Event::Passed(pass) => {
                self.servers.set(pass.servers.len());
                let rows = pass.servers.iter().filter_map(|server| {
                    Some((server.provider.clone(), server.result.as_ref().ok()?.changed_rows.clone()))
                });
                self.rows.replace(rows.collect());
                self.show_place(&pass.servers);
            }
            // The first pass may have to wait for long.
            Event::Paused { .. } => self.show_place(&[]),
            Event::Changed(change) => print(&self.lines(change)),
            _ => {}
        }
    }

    /// A line for what was added, one for what changed and one for what was removed.
    fn lines(&self, change: &Change) -> String {
        let ChangedIds { added, changed, removed } = &change.ids;
        let provider = &change.desired.provider;
        let of = if self.servers.get() > 1 { format!(" of {provider}") } else { String::new() };
        let rows = self.rows.borrow();
        let rows = rows.iter().find(|(name, _)| name == provider).map_or(&[][..], |(_, rows)| rows);
        let with_fields = |id: &ModelId| match rows.iter().find(|row| row.after.id == *id) {
            Some(row) => format!("{id} ({})", field_lines(row)),
            None => id.to_string(),
        };
        let line = |names: Vec<String>, mark: &str, paint: Paint| {
            let list = NameList::new(names.iter().map(String::as_str));
            let text = format!("{}{of}: {}", count(list.count, "model"), list.in_words());
            if names.is_empty() { String::new() } else { Screen::of_errors().log_line((mark, paint), &text) }
        };
        line(added.iter().map(ToString::to_string).collect(), "+", Paint::Good)
            + &line(changed.iter().map(with_fields).collect(), "~", Paint::Warning)
            + &line(removed.iter().map(ToString::to_string).collect(), "-", Paint::Bad)
    }

    fn show_place(&self, servers: &[ServerPass]) {
        let Some((place, page)) = self.place.take() else { return };
        let screen = Screen::of_errors();
        let line = |word: &str, text: &str| screen.beside(&escape_untrusted(word), &escape_untrusted(text));
        let (mut text, mut leaves_out) = (String::new(), false);
        for ServerPass { provider, address, result } in servers {
            let listed = match result {
                Err(_) => "does not list its models".to_owned(),
                Ok(found) if found.left_out.is_empty() => count(found.listed, "model"),
                Ok(found) => {
                    leaves_out = true;
                    format!("{}, {} left out", count(found.listed, "model"), found.left_out.len())
                }
            };
            text.push_str(&line(provider, &format!("{address}, {listed}")));
        }
        if leaves_out {
            text.push_str(&line("", "`lmsync explain <id>` says why one is left out"));
        }
        text.push_str(&line("OpenClaw", &place));
        if let Some(gateway) = self.gateway_now() {
            text.push_str(&line("gateway", &gateway));
        }
        if let Some(page) = page {
            text.push_str(&line("status", &format!("http://{page}/")));
        }
        print(&text);
    }

    /// What is known of the gateway; nothing where it was not asked.
    fn gateway_now(&self) -> Option<String> {
        Some(match self.gateway.link()? {
            Ok(()) => match self.gateway.seen() {
                Some(seen) => format!("OpenClaw {} runs", seen.version),
                None => "runs".to_owned(),
            },
            Err(GatewayTrouble::Absent | GatewayTrouble::Stopped | GatewayTrouble::Starting) => {
                "does not run".to_owned()
            }
            Err(trouble) => trouble.to_string(),
        })
    }
}

/// Nothing better can be done where standard error is closed.
fn print(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
