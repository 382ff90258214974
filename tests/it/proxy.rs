//! A line between a Quibble and a server that it needs, which can be made worse.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// What becomes of what is sent over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Whole,
    /// Everything takes so much longer, in each direction.
    Slow(Duration),
    /// Each connection carries so many bytes a second in each direction, and every so many packets in a hundred are lost.
    Poor {
        bytes_per_second: u32,
        lost_percent: u32,
    },
    /// Nothing arrives, and nobody is told.
    Frozen,
    /// Every connection ends, and none can be made.
    Cut,
    /// A connection ends when a commit has been sent: what became of it is not known.
    CutAfterCommit,
}

/// What a packet carries, and how soon one that is lost is sent again: each further time after twice as long, up to three
/// seconds in all.
const PACKET_BYTES: usize = 1_400;
const SENT_AGAIN_AFTER: Duration = Duration::from_millis(200);
const SENT_AGAIN_MAX: u32 = 4;

/// Something that listens in the place of a server.
pub struct Proxy {
    pub port: u16,
    line: watch::Sender<Line>,
    _stop: tokio_util::sync::DropGuard,
}

impl Proxy {
    /// In front of a server of this machine.
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (line, state) = watch::channel(Line::Whole);
        let stop = CancellationToken::new();
        let server = SocketAddr::from(([127, 0, 0, 1], port));
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(listener, server, state)));
        Self { port: own, line, _stop: stop.drop_guard() }
    }

    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, line: watch::Receiver<Line>) {
    for seed in (0..).step_by(2) {
        let (client, _) = listener.accept().await.unwrap();
        if *line.borrow() != Line::Cut {
            tokio::spawn(carry(client, server, line.clone(), seed));
        }
    }
}

/// Carries one connection until either side ends it or the line is cut.
async fn carry(client: TcpStream, server: SocketAddr, mut line: watch::Receiver<Line>, seed: u64) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let deaf = AtomicBool::new(false);
    tokio::select! {
        () = pump(from_client, to_server, line.clone(), &deaf, true, StdRng::seed_from_u64(seed)) => {}
        () = pump(from_server, to_client, line.clone(), &deaf, false, StdRng::seed_from_u64(seed + 1)) => {}
        _ = line.wait_for(|line| *line == Line::Cut) => {}
    }
}

/// Carries one direction. `deaf` is set once a commit is on its way whose answer is not to arrive.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut line: watch::Receiver<Line>,
    deaf: &AtomicBool,
    is_up: bool,
    mut chance: StdRng,
) {
    let mut chunk = vec![0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut chunk).await {
        let now = *line.borrow();
        match now {
            Line::Slow(by) => sleep(by).await,
            Line::Poor { bytes_per_second, lost_percent } => {
                let packets = u32::try_from(n.div_ceil(PACKET_BYTES)).unwrap();
                let losses = (0..packets).map(|_| sent_again_after(lost_percent, &mut chance)).sum::<Duration>();
                sleep(Duration::from_secs(1) * u32::try_from(n).unwrap() / bytes_per_second + losses).await;
            }
            Line::Frozen => drop(line.wait_for(|line| *line != Line::Frozen).await),
            Line::CutAfterCommit if is_up && chunk[..n].windows(6).any(|word| word == b"COMMIT") => {
                deaf.store(true, Ordering::Relaxed);
            }
            Line::Whole | Line::Cut | Line::CutAfterCommit => {}
        }
        // What comes from the server now is the word that it has committed: so it has.
        let is_over = !is_up && deaf.load(Ordering::Relaxed);
        if is_over || to.write_all(&chunk[..n]).await.is_err() {
            return;
        }
    }
}

/// How much later a packet arrives for being lost, once or several times in a row.
fn sent_again_after(lost_percent: u32, chance: &mut StdRng) -> Duration {
    let lost = (0..SENT_AGAIN_MAX).take_while(|_| chance.random_ratio(lost_percent, 100));
    lost.map(|time| SENT_AGAIN_AFTER * 2_u32.pow(time)).sum()
}
