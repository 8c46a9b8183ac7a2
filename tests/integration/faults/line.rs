//! The network between two processes: a relay on the loopback that can cut what runs over it,
//! hold it back, or close it from one side only.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

const BUFFER_BYTES: usize = 16 * 1024;

/// Where a line ends.
#[derive(Debug, Clone)]
pub enum End {
    /// A port on 127.0.0.1.
    Port(u16),
    /// A Unix socket.
    Socket(PathBuf),
}

/// How a line fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Both sides are dropped, in the middle of whatever they were saying.
    Cut,
    /// Bytes are held back, then go on.
    Stall,
    /// The server hears the end, the client hears nothing of it; then both are dropped.
    HalfClose,
}

/// What passes at present. A connection of an older generation is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mode {
    generation: u64,
    passing: Passing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passing {
    All,
    Nothing,
    DownOnly,
    Nobody,
}

/// A relay; it ends when this is dropped.
pub struct Line {
    /// Where clients connect, on 127.0.0.1.
    pub port: u16,
    mode: watch::Sender<Mode>,
    relay: JoinHandle<()>,
}

impl Line {
    /// Opens a relay to a server, which need not be there yet.
    pub async fn open(end: End) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (mode, modes) = watch::channel(Mode {
            generation: 0,
            passing: Passing::All,
        });
        let relay = tokio::spawn(serve(listener, end, modes));
        Ok(Self { port, mode, relay })
    }

    /// Fails for so long, and works again.
    pub async fn fail(&self, way: Way, long: Duration) {
        self.break_down(way);
        sleep(long).await;
        self.mend(way);
    }

    /// Fails until it is mended.
    pub fn break_down(&self, way: Way) {
        match way {
            Way::Cut => self.change(1, Passing::Nobody),
            Way::Stall => self.change(0, Passing::Nothing),
            Way::HalfClose => self.change(0, Passing::DownOnly),
        }
    }

    /// Works again.
    pub fn mend(&self, way: Way) {
        self.change(u64::from(way == Way::HalfClose), Passing::All);
    }

    fn change(&self, drop: u64, passing: Passing) {
        self.mode.send_modify(|mode| {
            mode.generation += drop;
            mode.passing = passing;
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn serve(listener: TcpListener, end: End, modes: watch::Receiver<Mode>) {
    while let Ok((client, _)) = listener.accept().await {
        if modes.borrow().passing == Passing::Nobody {
            continue;
        }
        let modes = modes.clone();
        let end = end.clone();
        // A connection's end is its own affair; the client makes the next one.
        tokio::spawn(async move {
            let _ = match end {
                End::Port(port) => match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                    Ok(server) => carry(client, server, modes).await,
                    Err(error) => Err(error),
                },
                End::Socket(path) => match UnixStream::connect(path).await {
                    Ok(server) => carry(client, server, modes).await,
                    Err(error) => Err(error),
                },
            };
        });
    }
}

/// Passes bytes both ways until both sides have ended or the line is cut.
async fn carry<S>(client: TcpStream, server: S, modes: watch::Receiver<Mode>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite,
{
    let generation = modes.borrow().generation;
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = split(server);
    let up = pump(client_reads, server_writes, generation, modes.clone(), true);
    let down = pump(server_reads, client_writes, generation, modes, false);
    tokio::try_join!(up, down).map(|_| ())
}

/// One direction. An error ends the other one too.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    generation: u64,
    mut modes: watch::Receiver<Mode>,
    is_up: bool,
) -> io::Result<()> {
    let cut = || io::Error::from(io::ErrorKind::ConnectionAborted);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let mode = *modes.borrow_and_update();
        let passes = match mode.passing {
            _ if mode.generation != generation => return Err(cut()),
            Passing::All | Passing::Nobody => true,
            Passing::Nothing => false,
            Passing::DownOnly => {
                if is_up {
                    to.shutdown().await?;
                }
                !is_up
            }
        };
        tokio::select! {
            changed = modes.changed() => changed.map_err(|_| cut())?,
            read = from.read(&mut buffer), if passes => {
                let read = read?;
                if read == 0 {
                    return to.shutdown().await;
                }
                tokio::select! {
                    written = to.write_all(&buffer[..read]) => written?,
                    () = dropped(&mut modes, generation) => return Err(cut()),
                }
            }
        }
    }
}

/// Waits until the line drops connections of this generation.
async fn dropped(modes: &mut watch::Receiver<Mode>, generation: u64) {
    // An error: the line itself is gone.
    let _ = modes.wait_for(|mode| mode.generation != generation).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> io::Result<u16> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reads, mut writes) = stream.split();
                    let _ = tokio::io::copy(&mut reads, &mut writes).await;
                });
            }
        });
        Ok(port)
    }

    async fn say(client: &mut TcpStream) -> io::Result<usize> {
        client.write_all(b"word").await?;
        client.read(&mut [0; 16]).await
    }

    #[tokio::test]
    async fn a_line_fails_in_three_ways_and_works_again() -> io::Result<()> {
        let line = Line::open(End::Port(echo().await?)).await?;
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, line.port));
        let mut client = connect().await?;
        assert_eq!(say(&mut client).await?, 4);

        let long = Duration::from_millis(200);
        let (heard, ()) = tokio::join!(
            async {
                tokio::task::yield_now().await;
                say(&mut client).await
            },
            line.fail(Way::Stall, long)
        );
        assert_eq!(heard?, 4, "what was held back arrives");

        line.fail(Way::HalfClose, long).await;
        assert!(!matches!(say(&mut client).await, Ok(4)));

        let mut client = connect().await?;
        assert_eq!(say(&mut client).await?, 4);
        line.fail(Way::Cut, long).await;
        assert!(!matches!(say(&mut client).await, Ok(4)));
        let mut client = connect().await?;
        assert_eq!(say(&mut client).await?, 4);
        Ok(())
    }
}
