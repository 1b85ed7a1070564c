//! A gateway that lmsync cannot ask: why, and what helps.

use adapters_http::GatewayTrouble;
use domain::ports::Running;

use super::facts::{GatewayFacts, REACHED};
use crate::doctor::finding::{Check, Finding};
use crate::host_kind::HostKind;

const SCOPES: Check = Check("gateway.scopes");

const START_THE_GATEWAY: &str = "docker compose -f docker-compose.yml -f compose.lmsync.yaml up -d openclaw-gateway";

pub(super) fn unreached(facts: &GatewayFacts, trouble: &GatewayTrouble) -> Finding {
    let GatewayFacts { here, address, installed, .. } = facts;
    let then = || once_it_runs(installed.as_ref());
    match trouble {
        GatewayTrouble::Absent => {
            let place = openclaws_place(*here);
            REACHED.warning(format!("no gateway listens at {address}; {}", then())).line(
                format!("start it{place}; where it is elsewhere, name it in OPENCLAW_GATEWAY_URL"),
                "openclaw gateway run",
            )
        }
        GatewayTrouble::Stopped => REACHED
            .warning(format!("the gateway's container does not run, or was started a moment ago; {}", then()))
            .line("start it; its health check starts lmsync's relay there", START_THE_GATEWAY),
        GatewayTrouble::NoRelay => REACHED
            .failure(format!(
                "lmsync's relay, which leads to the gateway at {address}, does not run in its container: the list is \
                 kept, and the picker is not refreshed"
            ))
            .line(
                "look again half a minute after its start; else start the gateway with the health check that starts \
                 the relay",
                START_THE_GATEWAY,
            ),
        GatewayTrouble::Starting => REACHED
            .warning(format!("the gateway at {address} is starting"))
            .line("look again in a moment", "lmsync doctor"),
        GatewayTrouble::Silent => REACHED
            .warning(format!("what listens at {address} does not answer in time"))
            .line("look at it, and restart it where it hangs", "openclaw gateway status"),
        GatewayTrouble::TokenRefused => Check("gateway.token")
            .failure(format!("the gateway at {address} refuses the token or password, or wants one"))
            .line("give lmsync the one that the gateway was started with", "OPENCLAW_GATEWAY_TOKEN=…"),
        GatewayTrouble::NotPaired => SCOPES
            .failure(format!("the gateway at {address} wants this device to be approved"))
            .line("approve it", "openclaw devices approve"),
        GatewayTrouble::NoRights => no_rights(address, *here),
        GatewayTrouble::Other(why) => REACHED
            .failure(format!("what listens at {address} is no gateway: {why}"))
            .line("name the gateway's address", "OPENCLAW_GATEWAY_URL=ws://127.0.0.1:18789"),
    }
}

/// It comes from another host, as the gateway sees it.
fn no_rights(address: &str, here: HostKind) -> Finding {
    let finding = SCOPES.failure(format!(
        "the gateway at {address} lets lmsync in, and grants it no right to read: it comes from another host"
    ));
    match here {
        HostKind::Container("Kubernetes") => finding.fix("run lmsync in the gateway's pod: a container beside it"),
        HostKind::Container(_) => {
            finding.line("share the gateway's network, in compose", "network_mode: \"service:openclaw-gateway\"")
        }
        _ => finding.line(
            "run lmsync where the gateway runs; or come from there, with \
             OPENCLAW_GATEWAY_URL=ws://127.0.0.1:18789, by",
            "ssh -N -L 18789:127.0.0.1:18789 HOST",
        ),
    }
}

/// Where OpenClaw's own command is, seen from here.
fn openclaws_place(here: HostKind) -> &'static str {
    match here {
        HostKind::Container(_) => " where OpenClaw runs",
        HostKind::Wsl(_) => " on the side of Windows or WSL where OpenClaw is",
        HostKind::Mac | HostKind::Windows | HostKind::Linux => "",
    }
}

/// What becomes of the models when the gateway starts.
fn once_it_runs(installed: Option<&Running>) -> String {
    match installed {
        Some(Running { version, era }) if era.shows_by_config_alone() => format!(
            "OpenClaw {version} takes the models from openclaw.json, which lmsync fills through it once it runs"
        ),
        Some(Running { version, era }) if !era.models_json_matters() => {
            format!("OpenClaw {version} does not use models.json")
        }
        _ => "it reads models.json when it starts".to_owned(),
    }
}
