//! The services behind the gate, told apart by the parameter `Version`.

use super::action::Action;
use super::{ecs, faas, ram, sts};

/// One service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Ecs,
    Faas,
    Ram,
    Sts,
}

impl Service {
    pub(super) const ALL: [Self; 4] = [Self::Ecs, Self::Faas, Self::Ram, Self::Sts];

    pub(super) fn of_version(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.version() == version)
    }

    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Ecs => "2014-05-26",
            Self::Faas => "2017-08-24",
            Self::Ram => "2015-05-01",
            Self::Sts => "2015-04-01",
        }
    }

    fn actions(self) -> &'static [Action] {
        match self {
            Self::Ecs => ecs::ACTIONS,
            Self::Faas => faas::ACTIONS,
            Self::Ram => ram::ACTIONS,
            Self::Sts => sts::ACTIONS,
        }
    }

    pub(super) fn action(self, name: &str) -> Option<Action> {
        self.actions().iter().copied().find(|action| action.name == name)
    }
}

/// Whether a Host header names a product: any address of this machine does, and of the cloud's own domains those of
/// the products that are here.
pub(super) fn knows_domain(host: &str) -> bool {
    let Some(product) = host.to_ascii_lowercase().strip_suffix(".aliyuncs.com").map(str::to_owned) else {
        return true;
    };
    let product = product.split('.').next().unwrap_or_default();
    ["faas", "ram", "sts", "sts-vpc", "ecs", "ecs-cn-hangzhou", "ecs-vpc"].contains(&product)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_of_the_cloud_has_to_be_a_product_s() {
        for known in ["127.0.0.1", "localhost", "faas.cn-hangzhou.aliyuncs.com", "STS.aliyuncs.com"] {
            assert!(knows_domain(known), "{known}");
        }
        assert!(!knows_domain("fass.cn-hangzhou.aliyuncs.com"));
    }

    #[test]
    fn no_service_has_two_actions_of_one_name() {
        for service in Service::ALL {
            let mut names: Vec<&str> = service.actions().iter().map(|action| action.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{service:?}");
        }
    }
}
