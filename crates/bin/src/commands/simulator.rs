//! `lmsync simulator`: a simulated LM Studio alone, to try lmsync against where there is no real one.

use std::net::SocketAddr;

use simulator::{Options, Simulator, World, demo_models};

use crate::commands::run::asked_to_stop;
use crate::exit::Exit;
use crate::output;

/// Serves the demo's models until the process is asked to stop.
pub(crate) async fn simulator(listen: SocketAddr, control: bool) -> Result<(), Exit> {
    let stop = asked_to_stop()?;
    let world = World::default();
    world.set_models(demo_models());
    let options = Options { control, ..Options::default() };
    let simulator = Simulator::start_with(listen, world, options)
        .await
        .map_err(|error| Exit::io(&format!("failed to listen on {listen}"), &error))?;
    output::print(&format!("A simulated LM Studio, for trying things out, serves at {}\n", simulator.base_url()))?;
    stop.await;
    simulator.stop().await;
    Ok(())
}
