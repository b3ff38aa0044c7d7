//! Counts and times for Prometheus, in its text form.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Upper ends of the histogram's buckets, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// What the server has counted since it began.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    seconds: Mutex<BTreeMap<&'static str, Histogram>>,
    forecasts: Mutex<BTreeMap<String, u64>>,
    rows: AtomicU64,
    in_flight: AtomicI64,
}

#[derive(Default, Clone)]
struct Histogram {
    counts: [u64; BUCKETS.len()],
    count: u64,
    sum: f64,
}

/// A request under way; it stops counting when it is dropped, whatever became of it.
pub(crate) struct InFlight<'a>(&'a Metrics);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A count is right whether or not another thread panicked while it held the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Metrics {
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    pub(crate) fn answered(&self, route: &'static str, status: u16, time: Duration) {
        *lock(&self.requests).entry((route, status)).or_default() += 1;
        let seconds = time.as_secs_f64();
        let mut all = lock(&self.seconds);
        let histogram = all.entry(route).or_default();
        histogram.count += 1;
        histogram.sum += seconds;
        for (count, end) in histogram.counts.iter_mut().zip(BUCKETS) {
            *count += u64::from(seconds <= end);
        }
    }

    pub(crate) fn forecast(&self, model: &str, rows: usize) {
        *lock(&self.forecasts).entry(model.to_owned()).or_default() += 1;
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// The counts as text; `connections` are those open, and those that were turned out.
    pub(crate) fn text(&self, connections: (usize, u64)) -> String {
        let mut out = String::new();
        let head = |out: &mut String, name: &str, kind: &str, help: &str| {
            let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        };
        head(&mut out, "gyeol_requests_total", "counter", "Requests answered.");
        for ((route, status), count) in lock(&self.requests).iter() {
            let _ = writeln!(out, "gyeol_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}");
        }
        head(&mut out, "gyeol_request_seconds", "histogram", "Time from a request's head to its answer.");
        for (route, histogram) in lock(&self.seconds).iter() {
            for (count, end) in histogram.counts.iter().zip(BUCKETS) {
                let _ =
                    writeln!(out, "gyeol_request_seconds_bucket{{route=\"{route}\",le=\"{end}\"}} {count}");
            }
            let Histogram { count, sum, .. } = histogram;
            let _ = writeln!(out, "gyeol_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}");
            let _ = writeln!(out, "gyeol_request_seconds_sum{{route=\"{route}\"}} {sum}");
            let _ = writeln!(out, "gyeol_request_seconds_count{{route=\"{route}\"}} {count}");
        }
        head(&mut out, "gyeol_requests_in_flight", "gauge", "Requests under way.");
        let _ = writeln!(out, "gyeol_requests_in_flight {}", self.in_flight.load(Ordering::Relaxed));
        head(&mut out, "gyeol_connections", "gauge", "Open connections.");
        let _ = writeln!(out, "gyeol_connections {}", connections.0);
        head(&mut out, "gyeol_connections_turned_out_total", "counter", "Connections closed to make room.");
        let _ = writeln!(out, "gyeol_connections_turned_out_total {}", connections.1);
        head(&mut out, "gyeol_forecasts_total", "counter", "Forecasts made.");
        for (model, count) in lock(&self.forecasts).iter() {
            let _ = writeln!(out, "gyeol_forecasts_total{{model=\"{}\"}} {count}", escape(model));
        }
        head(&mut out, "gyeol_forecast_rows_total", "counter", "Values forecast.");
        let _ = writeln!(out, "gyeol_forecast_rows_total {}", self.rows.load(Ordering::Relaxed));
        out
    }
}

fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
