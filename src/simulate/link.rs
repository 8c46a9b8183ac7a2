//! A bad line between a simulated node and its broker: a relay on the loopback that lets a drawn
//! number of bytes pass and then drops both sides in the middle of whatever they were saying.
//! After a bounded number of cuts it stays whole, so that a run ends.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Cuts of one line in a run.
pub const CUTS_MAX: u32 = 6;

/// Bytes, both ways together, that a connection lives for: from "hardly signed in" to some packs.
const LIFE_BYTES: std::ops::Range<usize> = 150..8_000;

const BUFFER_BYTES: usize = 4_096;

/// The relay; it ends when this is dropped.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    cuts: Arc<AtomicU32>,
    relay: JoinHandle<()>,
}

impl Link {
    /// Opens a relay to `broker` (`host:port`). All cuts follow from the seed.
    pub async fn open(broker: String, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let cuts = Arc::new(AtomicU32::new(0));
        let relay = tokio::spawn(serve(listener, broker, seed, Arc::clone(&cuts)));
        Ok(Self {
            address,
            cuts,
            relay,
        })
    }

    /// Where the node connects.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that were cut so far.
    pub fn cuts(&self) -> u32 {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn serve(listener: TcpListener, broker: String, seed: u64, cuts: Arc<AtomicU32>) {
    let mut random = StdRng::seed_from_u64(seed);
    while let Ok((node, _)) = listener.accept().await {
        let whole = cuts.load(Ordering::Relaxed) >= CUTS_MAX;
        let life = if whole {
            usize::MAX
        } else {
            random.random_range(LIFE_BYTES)
        };
        // An unreachable broker looks to the node like a line that is cut at once.
        let Ok(broker) = TcpStream::connect(&broker).await else {
            continue;
        };
        // Whatever ended it, the node connects again and gets the next line.
        if let Err(error) = carry(node, broker, life, &cuts).await {
            tracing::debug!(%error, "a simulated line broke by itself");
        }
    }
}

/// Passes bytes both ways until one side ends or the line's life is used up. A cut is counted
/// before either side can notice it.
async fn carry(
    mut node: TcpStream,
    mut broker: TcpStream,
    life: usize,
    cuts: &AtomicU32,
) -> io::Result<()> {
    let mut left = life;
    let (mut up, mut down) = ([0; BUFFER_BYTES], [0; BUFFER_BYTES]);
    while left > 0 {
        let passed = tokio::select! {
            read = node.read(&mut up) => pass(&up, read?, left, &mut broker).await?,
            read = broker.read(&mut down) => pass(&down, read?, left, &mut node).await?,
        };
        if passed == 0 {
            return Ok(());
        }
        left -= passed;
    }
    cuts.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

async fn pass(bytes: &[u8], read: usize, left: usize, to: &mut TcpStream) -> io::Result<usize> {
    let passed = read.min(left);
    to.write_all(&bytes[..passed]).await?;
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A broker that says every byte back.
    async fn echo() -> io::Result<(String, JoinHandle<()>)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        Ok((address, task))
    }

    /// Sends until the line is cut or the given number came back; says how many came back.
    async fn talk(address: SocketAddr, want: usize) -> io::Result<usize> {
        let mut stream = TcpStream::connect(address).await?;
        let mut back = 0;
        let mut buffer = [0; 100];
        while back < want {
            if stream.write_all(&[7; 100]).await.is_err() {
                break;
            }
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => back += read,
            }
        }
        Ok(back)
    }

    #[tokio::test]
    async fn a_line_is_cut_a_bounded_number_of_times_and_then_holds() -> io::Result<()> {
        let (broker, echo) = echo().await?;
        let link = Link::open(broker, 42).await?;
        let more_than_a_life = LIFE_BYTES.end;
        for cut in 0..CUTS_MAX {
            assert_eq!(link.cuts(), cut);
            assert!(talk(link.address(), more_than_a_life).await? < more_than_a_life);
        }
        assert!(talk(link.address(), more_than_a_life).await? >= more_than_a_life);
        assert_eq!(link.cuts(), CUTS_MAX);
        echo.abort();
        Ok(())
    }

    #[tokio::test]
    async fn an_unreachable_broker_ends_the_connection() -> io::Result<()> {
        let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await?
            .local_addr()?;
        let link = Link::open(gone.to_string(), 1).await?;
        assert_eq!(talk(link.address(), 1).await?, 0);
        assert_eq!(link.cuts(), 0);
        Ok(())
    }
}
