//! `fotarig check`: rack and batch, every package, each route, and the commands that would be sent.

use std::process::ExitCode;
use std::sync::Arc;

use comfy_table::{ContentArrangement, Table, presets};
use control::{Setup, route};
use events::{Delivery, Imei, Module, Package, normalised_model};
use families::{Link, Login, Procedures};
use procedure::{Facts, Plan, Row, rows};
use rig::{Hosting, dialled};

use crate::cli::Check;
use crate::command::report::print;
use crate::failure::Failure;
use crate::parts::{Extent, Job};

pub(crate) fn run(check: &Check) -> Result<ExitCode, Failure> {
    let job = Job::load(&check.files)?;
    let setup = job.setup(Extent::default())?;
    let text = match &check.plan {
        Some(model) => plan(&job, &setup, &normalised_model(model), check.delivery)?,
        None => overview(&job, &setup),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn overview(job: &Job, setup: &Setup) -> String {
    let mut table = new_table(["model", "from", "route", "bytes"]);
    for package in &setup.packages {
        let module = example(package);
        for target in setup.targets.iter().filter(|target| target.model == package.model) {
            let Some(chain) = route(&setup.packages, &module, &target.revision) else {
                table.add_row([&package.model, &package.from, &format!("none to {}", target.revision), ""]);
                continue;
            };
            let hops: Vec<&str> = chain.iter().map(|hop| hop.to.as_str()).collect();
            let bytes: u64 = chain.iter().map(|hop| hop.size).sum();
            let hops = if hops.is_empty() { "already there".to_owned() } else { hops.join(" > ") };
            table.add_row([&package.model, &package.from, &hops, &bytes.to_string()]);
        }
    }
    let hosting = job.hosting();
    let hosts: Vec<String> = Delivery::ALL.into_iter().filter_map(|way| hosted(&hosting, way)).collect();
    let hosted = if hosts.is_empty() { "no package host".to_owned() } else { hosts.join("; ") };
    format!(
        "rack {}: {} slots, {hosted}\nbatch {}: {} targets, {} packages, all of the right size and SHA-256\n{table}\n",
        setup.rack,
        setup.slots.len(),
        setup.batch,
        setup.targets.len(),
        setup.packages.len()
    )
}

/// Where `delivery` is served, and what modules dial.
fn hosted(hosting: &Hosting, delivery: Delivery) -> Option<String> {
    let place = hosting.place(delivery)?;
    let dialled = match dialled(&place.public, place.listen) {
        Ok((_, 0)) => "a port that is chosen at the start".to_owned(),
        Ok((host, port)) => format!("{host}:{port}"),
        Err(error) => error.to_string(),
    };
    Some(format!("{delivery} on {}, modules dial {dialled}", place.listen))
}

/// A module at the package's beginning; its IMEI is the one that ISO 7812 examples use.
fn example(package: &Package) -> Module {
    let digits = "490154203237518";
    let imei = Imei::parse(digits).unwrap_or_else(|| unreachable!("{digits} has a right check digit"));
    let suffixed = package.from.contains('_');
    Module {
        family: package.family,
        model: package.model.clone(),
        imei,
        revision: package.from.clone(),
        full_revision: suffixed.then(|| package.from.clone()),
    }
}

fn plan(job: &Job, setup: &Setup, model: &str, wanted: Option<Delivery>) -> Result<String, Failure> {
    let mut of_model = setup.packages.iter().filter(|package| package.model == model);
    let preloaded = |package: &&Package| setup.preloaded.contains_key(&package.sha256);
    let wanted_there =
        (wanted == Some(Delivery::Preloaded)).then(|| of_model.clone().find(preloaded)).flatten();
    let Some(package) = wanted_there.or_else(|| of_model.next()) else {
        let mut known: Vec<&str> = setup.packages.iter().map(|package| package.model.as_str()).collect();
        known.dedup();
        let message = format!("the batch has no package for model {model}");
        return Err(Failure::usage(message).hint(format!("it has packages for {}", known.join(", "))));
    };
    let Some(procedures) = families::of(package.family) else {
        return Err(Failure::usage(format!("family {} is not built in", package.family)));
    };
    let delivery = wanted.or_else(|| {
        let can = |delivery: &&Delivery| procedures.deliveries().contains(*delivery);
        setup.policy.delivery.iter().find(can).copied()
    });
    let Some(delivery) = delivery else {
        let ways: Vec<&str> = procedures.deliveries().iter().map(|way| way.name()).collect();
        let message = format!("no delivery of the batch works for {model}");
        return Err(Failure::usage(message).hint(format!("[policy] delivery: it knows {}", ways.join(", "))));
    };
    let built = build(job, setup, procedures, package, delivery)?;
    Ok(format!(
        "{model} by {delivery}: {} > {}, {} bytes\n{}\n",
        package.from,
        package.to,
        package.size,
        show(&built)
    ))
}

/// Identification, survey and procedure, as they follow each other.
fn build(
    job: &Job,
    setup: &Setup,
    procedures: &dyn Procedures,
    package: &Package,
    delivery: Delivery,
) -> Result<Vec<Row>, Failure> {
    let slot = setup.slots.first().ok_or_else(|| Failure::usage("the rack has no slot"))?;
    let family = setup.families.get(&package.family).map(|family| family.settings);
    let settings = family.unwrap_or_else(|| families::default_settings(package.family));
    let command_ms = settings.deadlines.command_ms;
    let identify = families::known_models(std::collections::BTreeMap::new(), command_ms);
    let job = families::Job {
        module: example(package),
        package: package.clone(),
        delivery,
        file: job.shelf.bytes(&package.sha256).unwrap_or_default(),
        link: link(job, delivery),
        preloaded: setup.preloaded.get(&package.sha256).cloned(),
        root: None,
        network: slot.network.clone(),
        settings,
        facts: Facts::new(),
        usb: slot.usb,
        baud: slot.baud.first().copied().unwrap_or(115_200),
        identify: Arc::new(identify.clone()),
    };
    let unfit = |why| Failure::usage(format!("{} by {delivery}: {why}", package.model));
    let planned = procedures.plan(&job).map_err(unfit)?;
    let first: [Plan; 2] = [families::identify_plan(identify), procedures.survey(command_ms, delivery)];
    Ok(first.iter().chain([&planned]).flat_map(rows).collect())
}

/// Where a module would find the package; the token is drawn for each attempt.
fn link(job: &Job, delivery: Delivery) -> Option<Link> {
    let hosting = job.hosting();
    let place = hosting.place(delivery)?;
    let (host, port) = dialled(&place.public, place.listen).ok()?;
    let path = format!("/p/{}/update.zip", "t".repeat(host::TOKEN_LEN));
    let login = Login { user: "u".repeat(8), password: "p".repeat(8) };
    Some(Link { host, port, path, login: Some(login) })
}

fn show(rows: &[Row]) -> String {
    let mut table = new_table(["phase", "source", "sent or done", "until"]);
    for row in rows {
        table.add_row([row.phase, row.source, &row.does, &row.until]);
    }
    table.to_string()
}

fn new_table<const N: usize>(head: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head);
    table
}
