//! The place where this process runs, as far as it decides where LM Studio can be reached.

use std::env::consts::OS;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use adapters_fs::container;

/// Where Linux lists the IPv4 routes of this network: a heading, then a route a line.
pub(crate) const ROUTES: &str = "/proc/net/route";

/// Where a Linux kernel names itself; that of WSL has `microsoft` in its name.
const KERNEL: &str = "/proc/sys/kernel/osrelease";

/// What WSL puts into each of its distributions, and into no container that runs on its kernel.
const WSL: &str = "/run/WSL";

/// What kind of machine, or container of one, this process runs in. Advice names the commands of the shell beside this
/// process: Linux' own in a container and in WSL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostKind {
    /// Inside a container of this engine.
    Container(&'static str),
    /// Inside the Windows Subsystem for Linux; with the address of Windows, where there is a default route.
    Wsl(Option<Ipv4Addr>),
    Mac,
    Windows,
    /// Linux, or another Unix.
    Linux,
}

impl HostKind {
    /// The place of this process.
    pub(crate) fn find() -> Self {
        let windows = || fs::read_to_string(ROUTES).ok().and_then(|routes| default_gateway(&routes));
        if Path::new(WSL).exists() {
            Self::Wsl(windows())
        } else if let Some(engine) = container() {
            Self::Container(engine)
        } else if OS == "macos" {
            Self::Mac
        } else if OS == "windows" {
            Self::Windows
        } else if has_kernel_of_wsl() {
            Self::Wsl(windows())
        } else {
            Self::Linux
        }
    }

    /// The engine of the container that this process runs in.
    pub(crate) fn container(self) -> Option<&'static str> {
        match self {
            Self::Container(engine) => Some(engine),
            Self::Wsl(_) | Self::Mac | Self::Windows | Self::Linux => None,
        }
    }

    /// Where LM Studio can be reached from here, the likeliest first.
    pub(crate) fn candidates(self) -> Vec<String> {
        let local = || "localhost".to_owned();
        let docker = || "host.docker.internal".to_owned();
        let hosts = match self {
            Self::Container("Podman") => vec!["host.containers.internal".to_owned(), docker(), local()],
            Self::Container(_) => vec![docker(), local()],
            Self::Wsl(windows) => {
                let windows = windows.map(|address| address.to_string());
                [local()].into_iter().chain(windows).chain([docker()]).collect()
            }
            Self::Mac | Self::Windows | Self::Linux => vec![local(), docker()],
        };
        hosts.into_iter().map(|host| format!("http://{host}:1234/v1")).collect()
    }
}

fn has_kernel_of_wsl() -> bool {
    fs::read_to_string(KERNEL).is_ok_and(|kernel| kernel.to_ascii_lowercase().contains("microsoft"))
}

/// The gateway of the default route, in the form of `/proc/net/route`: addresses are hexadecimal, their bytes in the
/// order of the machine.
fn default_gateway(routes: &str) -> Option<Ipv4Addr> {
    routes.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (destination, gateway) = (fields.next()?, fields.next()?);
        let gateway = u32::from_str_radix(gateway, 16).ok().filter(|gateway| *gateway != 0)?;
        (destination == "00000000").then(|| Ipv4Addr::from(gateway.to_ne_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n\
                          eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n\
                          eth0\t00000000\t01A8C0C0\t0003\t0\t0\t0\t00000000\n";

    #[test]
    #[cfg(target_endian = "little")]
    fn the_default_routes_gateway_is_read() {
        assert_eq!(default_gateway(ROUTES), Some(Ipv4Addr::new(192, 192, 168, 1)));
        assert_eq!(default_gateway("Iface\tDestination\tGateway\n"), None);
        assert_eq!(default_gateway("Iface\nppp0\t00000000\t00000000\t0001\n"), None, "a route without a gateway");
        assert_eq!(default_gateway("\u{0}\nx\ty\tz\n"), None);
    }

    #[test]
    fn outside_a_container_this_machine_comes_first_and_inside_its_host() {
        let first = |place: HostKind| place.candidates().swap_remove(0);
        for place in [HostKind::Linux, HostKind::Mac, HostKind::Windows, HostKind::Wsl(None)] {
            assert_eq!(first(place), "http://localhost:1234/v1", "{place:?}");
        }
        assert_eq!(first(HostKind::Container("Docker")), "http://host.docker.internal:1234/v1");
        assert_eq!(first(HostKind::Container("Podman")), "http://host.containers.internal:1234/v1");
        let windows = HostKind::Wsl(Some(Ipv4Addr::new(172, 20, 0, 1))).candidates();
        assert!(windows.contains(&"http://172.20.0.1:1234/v1".to_owned()), "{windows:?}");
    }
}
