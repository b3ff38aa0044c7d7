//! Places of connections. Where all are taken, the one that has kept us waiting longest makes room: a peer that says
//! nothing, sends its body drop by drop or never reads its answer cannot shut out others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Waits {
    /// For a request, or the rest of one.
    ForPeer = 0,
    /// For our answer: it keeps its place.
    ForUs = 1,
}

/// One connection, as its task, its requests and the places see it.
#[derive(Debug)]
pub(crate) struct Connection {
    peer: IpAddr,
    waits: AtomicU8,
    /// Milliseconds of the places' clock at which the waiting began.
    since: AtomicU64,
    /// Whether a byte was ever read.
    pub(crate) heard: AtomicBool,
    pub(crate) leave: Notify,
}

impl Connection {
    fn is_waiting(&self) -> bool {
        self.waits.load(Ordering::Relaxed) == Waits::ForPeer as u8
    }
}

/// The open connections.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    most_per_peer: usize,
    began: Instant,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    turned_out: AtomicU64,
}

/// A place taken; it is free again once this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    id: u64,
    places: Arc<Places>,
    pub(crate) connection: Arc<Connection>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().remove(&self.id);
    }
}

impl Place {
    pub(crate) fn waits(&self, what: Waits) {
        self.connection.since.store(self.places.now(), Ordering::Relaxed);
        self.waits_on(what);
    }

    /// As [`Place::waits`], the time counted from where it was: a body in drops is one long wait.
    pub(crate) fn waits_on(&self, what: Waits) {
        self.connection.waits.store(what as u8, Ordering::Relaxed);
    }
}

impl Places {
    pub(crate) fn new(most: usize, most_per_peer: usize) -> Arc<Places> {
        Arc::new(Places {
            most: most.max(1),
            most_per_peer: most_per_peer.max(1),
            began: Instant::now(),
            next: AtomicU64::new(0),
            open: Mutex::default(),
            turned_out: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// A place for a connection of this peer; `None` where all places are taken by connections that we are working for.
    pub(crate) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut open = self.lock();
        let of_peer = open.values().filter(|connection| connection.peer == peer).count();
        if of_peer >= self.most_per_peer {
            self.turn_out(&mut open, |connection| connection.peer == peer)?;
        } else if open.len() >= self.most {
            self.turn_out(&mut open, |_| true)?;
        }
        let connection = Arc::new(Connection {
            peer,
            waits: AtomicU8::new(Waits::ForPeer as u8),
            since: AtomicU64::new(self.now()),
            heard: AtomicBool::new(false),
            leave: Notify::new(),
        });
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        open.insert(id, connection.clone());
        drop(open);
        Some(Place { id, places: self.clone(), connection })
    }

    /// Tells the connection that has kept us waiting longest to leave.
    fn turn_out(
        &self,
        open: &mut HashMap<u64, Arc<Connection>>,
        which: impl Fn(&Connection) -> bool,
    ) -> Option<()> {
        let waiting = open.iter().filter(|(_, connection)| connection.is_waiting() && which(connection));
        let (id, _) =
            waiting.min_by_key(|(id, connection)| (connection.since.load(Ordering::Relaxed), **id))?;
        let id = *id;
        open.remove(&id)?.leave.notify_one();
        self.turned_out.fetch_add(1, Ordering::Relaxed);
        Some(())
    }

    /// Turns out the connection that has kept us waiting longest, for what it holds.
    pub(crate) fn make_room(&self) {
        self.turn_out(&mut self.lock(), |connection| connection.heard.load(Ordering::Relaxed));
    }

    /// Open connections, and how many were turned out since the server began.
    pub(crate) fn counts(&self) -> (usize, u64) {
        (self.lock().len(), self.turned_out.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_waiting_makes_room_and_work_is_never_turned_out() {
        let places = Places::new(3, 2);
        let [a, b] = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([10, 0, 0, 1])];
        let first = places.take(a).unwrap();
        let second = places.take(a).unwrap();
        first.waits(Waits::ForUs);
        // The peer has two already: its own second connection goes, the first is worked for.
        let third = places.take(a).unwrap();
        assert_eq!(places.counts(), (2, 1));
        drop(second);
        assert_eq!(places.counts(), (2, 1), "a place is given back once");
        let fourth = places.take(b).unwrap();
        third.waits(Waits::ForUs);
        fourth.waits(Waits::ForUs);
        assert!(places.take(b).is_none(), "all are worked for");
        fourth.waits(Waits::ForPeer);
        assert!(places.take(b).is_some());
        assert_eq!(places.counts().1, 2);
    }
}
