//! The parts on their way: in parallel, each tried by itself, smaller and fewer at once where the line breaks too soon.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::parts::Session;
use super::slices::Slicer;
use super::{Job, UploadError};
use crate::base::progress::Event;
use crate::cloud::Error;
use crate::ops::transfer::{BODY, Concurrency, Cut, Part, Placed, body_of};
use crate::oss::{ListedPart, Receipt};

/// What became of a part.
enum Outcome {
    Sent(Placed),
    /// The service had it.
    WasThere(Placed),
    /// The line broke.
    Broken(Part, Error),
}

/// The line, as far as parts tell of it.
struct Line {
    /// Parts that broke since one got through, and those of them of which something may have been sent.
    broken: usize,
    sent_and_broken: usize,
    got_through: Instant,
    most: usize,
}

impl Line {
    fn new(jobs: usize) -> Self {
        let most = jobs * usize::try_from(BODY.attempts).unwrap_or(usize::MAX);
        Self { broken: 0, sent_and_broken: 0, got_through: Instant::now(), most }
    }

    fn works(&mut self) {
        (self.broken, self.sent_and_broken, self.got_through) = (0, 0, Instant::now());
    }

    /// Gives the error back, with how often and how long, when there is no sense in going on.
    fn breaks(&mut self, mut error: Error) -> Result<(), Error> {
        self.broken += 1;
        // A line that is away says nothing of how large a part may be.
        self.sent_and_broken += usize::from(error.may_have_happened());
        let within = if error.is_silence() { BODY.within_silence } else { BODY.within };
        if self.broken < self.most && self.got_through.elapsed() < within {
            return Ok(());
        }
        error.tries = u32::try_from(self.broken).unwrap_or(u32::MAX);
        error.spent = self.got_through.elapsed();
        Err(error)
    }

    /// Before a part is sent again.
    fn pause(&self, concurrency: usize) -> Duration {
        let Some(rounds) = self.broken.checked_sub(1).map(|broken| broken / concurrency) else {
            return Duration::ZERO;
        };
        let ceiling = Duration::from_millis(200 << rounds.min(8)).min(BODY.longest_pause);
        ceiling.mul_f64(0.5 + 0.5 * fastrand::f64())
    }
}

impl Job<'_> {
    /// Sends what is missing.
    pub(super) async fn send(&self, session: &mut Session, upload_id: &str) -> Result<(), UploadError> {
        let mut cut = self.cut_around_the_claimed(session);
        self.started(session.claimed.values().map(|placed| placed.part.size).sum());
        let jobs = self.plan.jobs(self.request.jobs);
        let (slicer, mut in_flight) = (self.slicer(jobs), FuturesUnordered::new());
        let (mut concurrency, mut line) = (Concurrency::new(jobs, self.plan.part_size), Line::new(jobs));
        loop {
            // Where nothing gets through, what is under way ends before all is cut anew.
            let narrows =
                line.sent_and_broken >= concurrency.now() && !(cut.is_smallest() && concurrency.now() == 1);
            while !narrows && in_flight.len() < concurrency.now() {
                let claimed = session.claimed.pop_first().map(|(_, placed)| placed);
                let Some(part) = claimed.as_ref().map(Placed::as_part).or_else(|| cut.next()) else { break };
                let pause = line.pause(concurrency.now());
                in_flight.push(self.part(&slicer, upload_id, part, claimed.map(|placed| placed.part), pause));
            }
            tokio::select! {
                outcome = in_flight.next() => match outcome {
                    Some(outcome) => self.take(outcome?, session, &mut cut, &mut line)?,
                    None if narrows => {
                        self.narrow(session, &mut cut, &mut concurrency);
                        line.sent_and_broken = 0;
                    }
                    None => return Ok(()),
                },
                () = concurrency.widens() => continue,
            }
            concurrency.part_arrived();
        }
    }

    /// What the service is said to have, as far as it can be of this file.
    fn cut_around_the_claimed(&self, session: &mut Session) -> Cut {
        session.claimed.retain(|_, placed| placed.part.receipt.crc64.is_some());
        let known: BTreeMap<_, _> = session.claimed.iter().map(|(n, placed)| (*n, placed.range())).collect();
        let (cut, fit) = Cut::around(self.plan, &known);
        session.claimed.retain(|number, _| fit.contains(number));
        cut
    }

    fn take(
        &self,
        outcome: Outcome,
        session: &mut Session,
        cut: &mut Cut,
        line: &mut Line,
    ) -> Result<(), UploadError> {
        match outcome {
            Outcome::WasThere(placed) => session.keep(placed, true),
            Outcome::Sent(placed) => {
                session.keep(placed, false);
                line.works();
                cut.got_through();
            }
            Outcome::Broken(part, error) => {
                tracing::debug!("part {}: {error}", part.number);
                cut.give_back(part);
                line.breaks(error)?;
            }
        }
        Ok(())
    }

    /// No part gets through: from the first that is missing on, smaller ones are sent, and fewer at once.
    fn narrow(&self, session: &mut Session, cut: &mut Cut, concurrency: &mut Concurrency) {
        let (at, number, given_up) = session.back_to_the_first_gap();
        if given_up > 0 {
            self.progress.event(Event::Untransferred(given_up));
        }
        cut.smaller_from(at, number);
        concurrency.narrow();
        tracing::debug!("the line breaks before a part is through: smaller parts from byte {at} on");
    }

    /// One part: sent, unless the one that the service has is this very one.
    async fn part(
        &self,
        slicer: &Slicer,
        upload_id: &str,
        part: Part,
        claimed: Option<ListedPart>,
        pause: Duration,
    ) -> Result<Outcome, UploadError> {
        let at = part.range.start;
        if let Some(there) = claimed {
            if Some(self.source.checksum(part.range.clone()).await?) == there.receipt.crc64 {
                return Ok(Outcome::WasThere(Placed { at, part: there }));
            }
            self.progress.event(Event::Untransferred(there.size));
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let (number, size) = (part.number, part.range.end - at);
        let attempt = async || {
            let (body, sending) = slicer.body(part.range.clone());
            let outcome = self.oss.upload_part_once(&self.request.key, upload_id, number, body).await;
            match self.judged("UploadPart", outcome, &sending) {
                Err(UploadError::Cloud(error)) if error.is_of_the_line() => Ok(Err(error)),
                outcome => outcome.map(Ok),
            }
        };
        match self.oss.cloud().with_retries::<_, UploadError, _>(body_of(size), attempt).await? {
            Ok((receipt, crc64)) => {
                let receipt = Receipt { crc64: Some(crc64), ..receipt };
                Ok(Outcome::Sent(Placed { at, part: ListedPart { number, size, receipt } }))
            }
            Err(error) => Ok(Outcome::Broken(part, *error)),
        }
    }
}
