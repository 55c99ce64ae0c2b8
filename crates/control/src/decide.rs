//! What is to be done with a module: pure policy.

use events::{Delivery, Fault, Module, Package, Phase, What};
use procedure::Identity;

use crate::route::route;
use crate::setup::{Setup, SlotSetup};

/// What is to be done with a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is not touched.
    Refuse(Fault),
    /// It is at its target.
    Already { target: String },
    /// It is taken along `route`, whose first package comes by the first of `deliveries` that works.
    Flash { target: String, route: Vec<Package>, deliveries: Vec<Delivery> },
}

/// The module that `identity` is, or why it is none that can be worked on.
pub(crate) fn module(identity: &Identity) -> Result<Module, Fault> {
    let refuse = |what, message: String| Err(Fault::new(Phase::Identify, what, message));
    if identity.family.is_none() {
        let model = if identity.model.is_empty() { "(none)" } else { &identity.model };
        return refuse(What::Foreign, format!("model {model}"));
    }
    match identity.module() {
        Some(module) => Ok(module),
        None => refuse(What::Imei, "AT+CGSN gave no 15 digits with a right check digit".to_owned()),
    }
}

/// What is to be done with `module` in the slot `place`. `serves` says which deliveries the package host can do.
pub(crate) fn decide(
    setup: &Setup,
    place: &SlotSetup,
    module: &Module,
    serves: impl Fn(Delivery) -> bool,
) -> Decision {
    let refuse = |what, message: String| Decision::Refuse(Fault::new(Phase::Preflight, what, message));
    let Some(target) = setup.targets.iter().find(|target| target.model == module.model) else {
        let known: Vec<&str> = setup.targets.iter().map(|target| target.model.as_str()).collect();
        return refuse(
            What::Target,
            format!("model {}; the batch has targets for {}", module.model, known.join(", ")),
        );
    };
    let target = target.revision.clone();
    if module.runs(&target) {
        return Decision::Already { target };
    }
    let Some(chain) = route(&setup.packages, module, &target) else {
        return refuse(What::Route, format!("from {} to {target}", module.revision));
    };
    let Some(first) = chain.first() else { return Decision::Already { target } };
    let (deliveries, why_not) = deliveries(setup, place, first, serves);
    if deliveries.is_empty() {
        return refuse(What::Delivery, why_not.join("; "));
    }
    Decision::Flash { target, route: chain.into_iter().cloned().collect(), deliveries }
}

/// The batch's deliveries that can work, and why the others cannot.
fn deliveries(
    setup: &Setup,
    place: &SlotSetup,
    package: &Package,
    serves: impl Fn(Delivery) -> bool,
) -> (Vec<Delivery>, Vec<String>) {
    let can = families::of(package.family).map(families::Procedures::deliveries).unwrap_or_default();
    let (mut good, mut why_not) = (Vec::new(), Vec::new());
    for delivery in place.delivery.as_ref().unwrap_or(&setup.policy.delivery) {
        if !can.contains(delivery) {
            why_not.push(format!("{delivery}: {} has no such way", package.family));
        } else if delivery.over_the_air() && !serves(*delivery) {
            why_not.push(format!("{delivery}: [hosting] has no {delivery}"));
        } else if *delivery == Delivery::Preloaded && !setup.preloaded.contains_key(&package.sha256) {
            why_not.push(format!("{delivery}: the package has no preloaded_as"));
        } else {
            good.push(*delivery);
        }
    }
    (good, why_not)
}
