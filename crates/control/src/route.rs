//! The chain of packages from a module's revision to the target: the shortest by number of packages, then by bytes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use events::{Module, Package};

/// The route of `module` to `target` over `packages`; `None` where there is none. It is empty when the module is there.
pub fn route<'a>(packages: &'a [Package], module: &Module, target: &str) -> Option<Vec<&'a Package>> {
    if module.runs(target) {
        return Some(Vec::new());
    }
    let fits = |package: &&Package| package.family == module.family && package.model == module.model;
    let packages: Vec<&Package> = packages.iter().filter(fits).collect();
    let mut heap = BinaryHeap::new();
    let mut best: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, package) in packages.iter().enumerate().filter(|(_, package)| module.runs(&package.from)) {
        heap.push(Reverse((1usize, package.size, vec![place])));
    }
    while let Some(Reverse((count, bytes, chain))) = heap.pop() {
        let last = packages[*chain.last()?];
        if last.to == target {
            return Some(chain.iter().map(|place| packages[*place]).collect());
        }
        if best.get(last.to.as_str()).is_some_and(|seen| *seen <= count) {
            continue;
        }
        best.insert(&last.to, count);
        for (place, next) in packages.iter().enumerate().filter(|(_, next)| next.from == last.to) {
            let mut longer = chain.clone();
            longer.push(place);
            heap.push(Reverse((count + 1, bytes + next.size, longer)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use events::{Family, Imei, Module, Package};

    use super::route;

    fn package(from: &str, to: &str, size: u64) -> Package {
        let (from, to, sha256) = (from.to_owned(), to.to_owned(), format!("{from}{to}{size}"));
        Package { family: Family::Bg96, model: "BG96".into(), from, to, size, sha256 }
    }

    fn module(revision: &str) -> Module {
        let imei = Imei::parse("490154203237518").unwrap();
        let (model, revision) = ("BG96".to_owned(), revision.to_owned());
        Module { family: Family::Bg96, model, imei, revision, full_revision: None }
    }

    fn tos(packages: &[Package], from: &str, target: &str) -> Option<Vec<String>> {
        Some(route(packages, &module(from), target)?.iter().map(|package| package.to.clone()).collect())
    }

    #[test]
    fn a_direct_package_beats_a_smaller_chain() {
        let packages = [package("A", "B", 1), package("B", "C", 1), package("A", "C", 100)];
        assert_eq!(tos(&packages, "A", "C"), Some(vec!["C".into()]));
        assert_eq!(tos(&packages[..2], "A", "C"), Some(vec!["B".into(), "C".into()]));
    }

    #[test]
    fn among_equally_long_chains_the_fewest_bytes_win() {
        let packages =
            [package("A", "B", 50), package("B", "D", 50), package("A", "C", 10), package("C", "D", 10)];
        assert_eq!(tos(&packages, "A", "D"), Some(vec!["C".into(), "D".into()]));
    }

    #[test]
    fn downgrades_and_circles_are_legal_and_end() {
        let packages = [package("A", "B", 1), package("B", "A", 1)];
        assert_eq!(tos(&packages, "B", "A"), Some(vec!["A".into()]));
        assert_eq!(tos(&packages, "A", "A"), Some(Vec::new()));
        assert_eq!(tos(&packages, "A", "Z"), None);
    }

    #[test]
    fn packages_of_other_models_do_not_count() {
        let mut other = package("A", "B", 1);
        other.model = "BG95".into();
        assert_eq!(tos(&[other], "A", "B"), None);
    }
}
