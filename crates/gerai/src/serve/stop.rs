//! Telling every part that it is time to go.

use tokio::sync::watch;

/// Whoever holds this ends the program.
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<bool>);

/// Whoever holds this can wait for the end.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

/// The two ends of the string.
pub(crate) fn stopper() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// From now on everybody is to stop.
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Returns when it is time to stop; at once from then on.
    pub(crate) async fn asked(&self) {
        // An error means that the other end is gone, which is an end as well.
        let _ = self.0.clone().wait_for(|stop| *stop).await;
    }
}
