//! Fleets after a lost answer, asked for again and otherwise: on other terms, another target, or with hosts that somebody
//! released in between.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::common::cloud::{Cloud, count};
use crate::common::line::{Fate, Line};

const UP: [&str; 7] = ["fleet", "up", "--type", "ecs.f3-c4f1.xlarge", "--yes", "-ojson", "--count"];

fn ddr(hosts: &str) -> Cloud {
    let cloud = Cloud::start(&["--speed", "50", "--build-time", "1s"]);
    cloud.faascmd(&[&UP[..], &[hosts, "ddr"]].concat()).exits(0);
    cloud
}

fn is_of(request: &[u8], action: &str) -> bool {
    String::from_utf8_lossy(request).contains(&format!("Action={action}"))
}

fn names(document: &Value) -> Vec<&str> {
    let hosts = document["hosts"].as_array().unwrap().iter();
    hosts.map(|host| host["name"].as_str().unwrap()).collect()
}

/// As if what is kept of a fleet's order had been written two minutes earlier.
fn age_order(cloud: &Cloud) {
    let path = cloud.world.path().join(".local/state/faascmd/fleets/cn-hangzhou/ddr.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for time in ["/orders/0/asked", "/orders/0/order/release"] {
        let time = kept.pointer_mut(time).unwrap();
        if let Some(at) = time.as_str().map(|text| text.parse::<Timestamp>().unwrap()) {
            *time = json!((at - SignedDuration::from_secs(130)).to_string());
        }
    }
    std::fs::write(&path, kept.to_string()).unwrap();
}

#[test]
fn an_order_of_which_nothing_came_is_sent_again_only_on_the_terms_of_now() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let line = Line::judged(cloud.endpoint(), |request| {
        if is_of(request, "RunInstances") { Fate::Unsent } else { Fate::Passes }
    });
    let up = |endpoint: &str, flags: &[&str]| {
        let args = [&UP[..], &["1", "ddr"], flags].concat();
        cloud.faascmd_with(&[("FAASCMD_ENDPOINT", endpoint)], &args)
    };
    let half_hour = ["--release-after", "30m"];
    for (lost, wanted) in [
        (&["--prepaid", "1year"], &half_hour),
        (&half_hour, &half_hour),
        (&half_hour, &["--release-after", "never"]),
    ] {
        up(&line.endpoint(), lost).exits(7);
        age_order(&cloud);
        let made = up(cloud.endpoint(), wanted).exits(0).json();
        assert_eq!(made["new"], 1);
        let host = &made["hosts"][0];
        assert_eq!((&host["prepaid"], host["release"].is_null()), (&json!(false), wanted[1] == "never"));
        cloud.faascmd(&["fleet", "down", "ddr", "--yes"]).exits(0);
    }
    // On the same terms it is the same order.
    up(&line.endpoint(), &[]).exits(7);
    let again = up(cloud.endpoint(), &[]).exits(0);
    assert!(again.stderr.contains("an order of 1 was cut off; asking"), "{}", again.stderr);
    assert_eq!(again.json()["new"], 1);
}

#[test]
fn a_payment_that_was_cut_off_is_not_made_twice_whatever_is_done_in_between() {
    let cloud = Cloud::start(&["--speed", "50"]);
    let up = |fleet: &str, hosts: &str| {
        cloud.faascmd(&[&UP[..], &[hosts, fleet, "--prepaid", "1month"]].concat()).exits(0);
    };
    up("a", "2");
    let payments = AtomicUsize::new(0);
    let line = Line::judged(cloud.endpoint(), move |request| {
        let is_later = is_of(request, "RenewInstance") && payments.fetch_add(1, Ordering::SeqCst) > 0;
        if is_later { Fate::Unsent } else { Fate::Passes }
    });
    let renew = |endpoint: &str, fleet: &str| {
        let args = ["fleet", "renew", fleet, "--now", "1month", "--yes"];
        cloud.faascmd_with(&[("FAASCMD_ENDPOINT", endpoint)], &args)
    };
    renew(&line.endpoint(), "a").exits(7);
    // A fleet by such a name has its own orders on this machine, too.
    up("payment", "1");
    renew(cloud.endpoint(), "payment").exits(0);
    let again = renew(cloud.endpoint(), "a").exits(0);
    assert!(again.stderr.contains("1 of 2 hosts are paid already"), "{}", again.stderr);
    assert_eq!(count(&cloud.requests(), "RenewInstance"), 3);
    // What is wished anew is paid anew.
    renew(cloud.endpoint(), "a").exits(0);
    assert_eq!(count(&cloud.requests(), "RenewInstance"), 2);
}

#[test]
fn who_was_made_and_is_gone_again_is_not_new() {
    let cloud = ddr("1");
    let elsewhere = cloud.world.path().join("another machine");
    let down = ["fleet", "down", "ddr", "--yes"];
    cloud.faascmd_with(&[("XDG_STATE_HOME", elsewhere.to_str().unwrap())], &down).exits(0);
    let again = [&UP[..], &["1", "ddr"]].concat();
    let made = cloud.faascmd_with(&[("FAASCMD_TEST_HASTE", "40")], &again).exits(0).json();
    assert_eq!((&made["new"], names(&made).len()), (&json!(1), 1));
}
