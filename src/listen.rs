//! Binding sockets: the address that was asked for, or on wish the next free port.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, anyhow};
use ingest::front::Sockets;
use ingest::{ServerTls, TlsDoor};
use tokio::net::TcpListener;

use crate::cli::MqttsArgs;

/// How many ports further the search for a free one goes.
const PORTS_TRIED_MAX: u16 = 100;

/// Binds `address`. Where its port is taken and `next_free` is set, one of the next
/// [`PORTS_TRIED_MAX`] ports is taken instead.
pub async fn bind(address: SocketAddr, next_free: bool, flag: &str) -> anyhow::Result<TcpListener> {
    let last = if next_free && address.port() != 0 {
        PORTS_TRIED_MAX
    } else {
        0
    };
    for further in 0..=last {
        let Some(port) = address.port().checked_add(further) else {
            break;
        };
        match TcpListener::bind(SocketAddr::new(address.ip(), port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && next_free => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(error).with_context(|| {
                    format!("{address} is taken: name another with {flag}, or add --next-free-port")
                });
            }
            Err(error) => return Err(error).with_context(|| format!("listening on {address}")),
        }
    }
    Err(anyhow!(
        "no free port from {address} on: name another with {flag}"
    ))
}

/// Binds the front's socket for TLS, where one is wanted, with its certificate.
pub async fn bind_tls(args: &MqttsArgs, next_free: bool) -> anyhow::Result<Option<TlsDoor>> {
    let Some((address, files)) = args.wanted()? else {
        return Ok(None);
    };
    let tls = ServerTls::load(files).context("the certificate of --mqtts")?;
    let listener = bind(address, next_free, "--mqtts").await?;
    Ok(Some(TlsDoor { listener, tls }))
}

/// Where devices sign in: a line for each socket, as it is shown at the start.
pub fn doors(front: &Sockets) -> Vec<String> {
    let line = |name: &str, listener: &TcpListener| {
        let address = listener.local_addr().ok()?;
        Some(format!("  {name:<9} {name}://{address}"))
    };
    let plain = front.plain.iter().filter_map(|l| line("mqtt", l));
    let tls = front.tls.iter().filter_map(|d| line("mqtts", &d.listener));
    plain.chain(tls).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_an_error_or_on_wish_the_next_one() -> anyhow::Result<()> {
        let taken = TcpListener::bind("127.0.0.1:0").await?;
        let address = taken.local_addr()?;
        let refused = bind(address, false, "--http").await.map(|_| ());
        assert!(refused.is_err_and(|error| format!("{error:#}").contains("--http")));
        let other = bind(address, true, "--http").await?;
        assert_ne!(other.local_addr()?.port(), address.port());
        Ok(())
    }
}
