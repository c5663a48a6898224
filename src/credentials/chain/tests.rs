//! When the chain asks whom, in paused time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// Gives `STS.1`, `STS.2`…, each of the same life, until it is told to fail.
#[derive(Debug, Default)]
struct Counting {
    asked: AtomicU32,
    life: Duration,
    fails_from: u32,
}

impl Source for Arc<Counting> {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>> {
        Box::pin(async {
            // The others must have time to come and wait.
            tokio::time::sleep(Duration::from_millis(10)).await;
            let n = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            if n >= self.fails_from {
                return Err(crate::credentials::source::broken("counting", "out of keys"));
            }
            let mut credential = Credential::long_lived(format!("STS.{n}"), "s").with_token("t");
            credential.expires =
                Some(jiff::Timestamp::now() + jiff::SignedDuration::try_from(self.life).unwrap());
            Ok(SourceAnswer::Credential { credential, place: "here".into() })
        })
    }
}

#[derive(Debug)]
struct Empty;

impl Source for Empty {
    fn name(&self) -> &'static str {
        "empty"
    }

    fn find(&self) -> BoxFuture<'_, Result<SourceAnswer, CredentialError>> {
        Box::pin(async { Ok(SourceAnswer::NotMine("nothing here".into())) })
    }
}

fn chain(life: u64, fails_from: u32) -> (Arc<Chain>, Arc<Counting>) {
    let source = Arc::new(Counting { asked: AtomicU32::new(0), life: Duration::from_secs(life), fails_from });
    (Arc::new(Chain::of(vec![Box::new(Empty), Box::new(source.clone())])), source)
}

async fn id(chain: &Chain) -> String {
    chain.credential().await.unwrap().id
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_get_the_one_answer() {
    let (chain, source) = chain(3600, 99);
    let waiters: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let chain = chain.clone();
                async move { id(&chain).await }
            })
        })
        .collect();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), "STS.1");
    }
    assert_eq!(source.asked.load(Ordering::SeqCst), 1);
    let resolved = chain.resolved().await.unwrap();
    assert_eq!((resolved.source, resolved.passed[0].reason.as_str()), ("counting", "nothing here"));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_renewed_before_it_ends() {
    let (chain, _) = chain(3600, 99);
    assert_eq!(id(&chain).await, "STS.1");
    tokio::time::advance(Duration::from_secs(3600 - 185)).await;
    assert_eq!(id(&chain).await, "STS.1");
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(id(&chain).await, "STS.2");
}

#[tokio::test(start_paused = true)]
async fn a_short_life_is_used_for_its_most_part() {
    let (chain, _) = chain(100, 99);
    assert_eq!(id(&chain).await, "STS.1");
    tokio::time::advance(Duration::from_secs(75)).await;
    assert_eq!(id(&chain).await, "STS.1");
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(id(&chain).await, "STS.2");
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_given_to_nobody_again() {
    let (chain, _) = chain(3600, 99);
    let refused = chain.credential().await.unwrap();
    chain.refused(&refused);
    assert_eq!(id(&chain).await, "STS.2");
    // An answer that was under way refuses the old one once more.
    chain.refused(&refused);
    assert_eq!(id(&chain).await, "STS.2");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_can_not_be_renewed_serves_to_its_end() {
    let (chain, _) = chain(3600, 2);
    assert_eq!(id(&chain).await, "STS.1");
    tokio::time::advance(Duration::from_secs(3600 - 100)).await;
    assert_eq!(id(&chain).await, "STS.1");
    tokio::time::advance(Duration::from_secs(200)).await;
    let error = chain.credential().await.unwrap_err().to_string();
    assert_eq!(error, "counting: out of keys");
}
