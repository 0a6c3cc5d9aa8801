//! How the server stops: it says so first, then takes no new connection, then answers what is on its way, then ends.

use std::any::Any;
use std::net::{Shutdown, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::dev::{Extensions, ServerHandle};
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use actix_web::rt::time::{sleep, timeout};
use futures_util::future::{Either, select};
#[cfg(target_os = "linux")]
use socket2::SockFilter;
use socket2::SockRef;

use crate::services::Signals;

/// How long connections that are kept open may stay without a request after no new one is taken. Longer than a
/// proxy keeps idle ones by `docs/operations/nginx.conf`: so none is closed with a request on its way.
const LINGER: Duration = Duration::from_secs(3);
/// How often is looked whether all of them are gone.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Time for the thread that accepts connections to take those that wait, and then to leave the socket alone.
const PAUSE: Duration = Duration::from_millis(20);

/// Connections that are open now.
#[derive(Clone, Default)]
pub(super) struct OpenConnections(Arc<AtomicUsize>);

/// One of them; gone when it is dropped.
struct OpenConnection(OpenConnections);

impl OpenConnections {
    /// Counts a connection for as long as its extensions live.
    pub(super) fn count(&self, _: &dyn Any, extensions: &mut Extensions) {
        self.0.fetch_add(1, Ordering::Relaxed);
        extensions.insert(OpenConnection(self.clone()));
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What stopping a server needs. It must not hold the services: they are gone before the server's last word.
pub(super) struct Stopping {
    pub signals: Arc<Signals>,
    /// Set when every answer is the last one of its connection.
    pub is_closing: Arc<AtomicBool>,
    pub open: OpenConnections,
    /// The listener, or another name for its socket.
    pub listener: TcpListener,
    pub drain: Duration,
}

/// Waits for SIGTERM or SIGINT; true for SIGTERM.
async fn told(terminate: &mut Signal, interrupt: &mut Signal) -> bool {
    matches!(select(pin!(terminate.recv()), pin!(interrupt.recv())).await, Either::Left(_))
}

impl Stopping {
    /// Stops the server when it is told to: on SIGTERM after the time to drain, which a second signal ends; on SIGINT,
    /// which somebody at the keyboard sends, at once.
    pub(super) async fn when_told(self, server: ServerHandle) {
        let listen = |kind| signal(kind).inspect_err(|error| tracing::warn!(%error, "a signal is not heard"));
        let (Ok(mut terminate), Ok(mut interrupt)) =
            (listen(SignalKind::terminate()), listen(SignalKind::interrupt()))
        else {
            return;
        };
        let may_drain = told(&mut terminate, &mut interrupt).await;
        self.signals.announce_stop();
        if may_drain && !self.drain.is_zero() {
            tracing::info!(
                seconds = self.drain.as_secs(),
                "told to stop; /readyz says so, requests are still taken"
            );
            drop(timeout(self.drain, told(&mut terminate, &mut interrupt)).await);
        }
        self.is_closing.store(true, Ordering::Relaxed);
        self.signals.close();
        self.close_listener(&server).await;
        let emptied = async {
            while self.open.0.load(Ordering::Relaxed) > 0 {
                sleep(LOOK_EVERY).await;
            }
        };
        drop(timeout(LINGER, emptied).await);
        drop(self);
        server.stop(true).await;
    }

    /// From now on connections are refused, while those that were taken go on: whoever is refused knows that nothing was
    /// done, and may ask another instance. What has come as far as the kernel's queue is taken first.
    async fn close_listener(&self, server: &ServerHandle) {
        #[cfg(target_os = "linux")]
        if let Err(error) = let_nobody_in(&self.listener) {
            tracing::debug!(%error, "connections that wait to be taken are cut");
        }
        sleep(PAUSE).await;
        server.pause().await;
        sleep(PAUSE).await;
        if let Err(error) = SockRef::from(&self.listener).shutdown(Shutdown::Read) {
            tracing::debug!(%error, "the listener is closed later");
        }
    }
}

/// Has the kernel drop what would become a new connection; the client tries again in a second, and is refused then.
#[cfg(target_os = "linux")]
fn let_nobody_in(listener: &TcpListener) -> std::io::Result<()> {
    /// `BPF_RET | BPF_K`: the rest of the packet that is kept is the constant, nothing (linux/bpf_common.h).
    const RETURN: u16 = 0x06;
    SockRef::from(listener).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
}
