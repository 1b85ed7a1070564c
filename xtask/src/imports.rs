//! The imports between the files of a crate: none from a module above, and none in a circle.
//!
//! A file imports another one where its code, tests apart, names an item by a path that begins with `crate`, `super`,
//! `self` or a child module. An item that a module only re-exports is imported from the file that defines it, so a
//! parent that only declares and re-exports its children is in no circle. A path to a module above is an import upward,
//! also where that module only re-exports the item. The arguments of macros are not read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::Visit;
use syn::{Attribute, ImplItemFn, Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::sources;

/// A module, or an item, by its path below the crate.
type Names = Vec<String>;

/// The files of one crate, each by its module.
type Files = BTreeMap<Names, File>;

/// One file, as far as it imports and exports.
#[derive(Debug, Default)]
struct File {
    /// The file, for a person.
    name: String,
    /// Paths to items of the crate, absolute but for those that may begin with a child module.
    imports: BTreeSet<Names>,
    /// The names that its `use` lines bring in, with their paths.
    names: BTreeMap<String, Names>,
    /// The modules that only tests compile.
    tests: BTreeSet<Names>,
}

/// What the product's crates do against the rules, a sentence each.
pub(crate) fn violations(root: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let crates = fs::read_dir(root.join("crates")).map_err(|error| error.to_string())?;
    let mut folders: Vec<_> = crates.filter_map(|entry| Some(entry.ok()?.path().join("src"))).collect();
    folders.sort();
    for folder in folders {
        let mut texts = BTreeMap::new();
        for path in sources::collect(&folder).map_err(|error| error.to_string())? {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let inside = path.strip_prefix(&folder).unwrap_or(&path).with_extension("");
            let mut module: Names = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module == ["lib"] || module == ["main"] {
                module.clear();
            }
            texts.insert(module, (shown, text));
        }
        found.extend(broken_by(texts)?);
    }
    Ok(found)
}

/// The rules that these files of one crate break. Each comes with its name and text, by its module.
fn broken_by(texts: BTreeMap<Names, (String, String)>) -> Result<Vec<String>, String> {
    let mut files = Files::new();
    for (module, (name, text)) in texts {
        let syntax = syn::parse_file(&text).map_err(|error| format!("{name}: {error}"))?;
        let file = File { name, ..File::default() };
        let mut reader = Reader { here: module.clone(), depth: module.len(), file };
        reader.visit_file(&syntax);
        files.insert(module, reader.file);
    }
    let tests: Vec<Names> = files.values().flat_map(|file| file.tests.iter().cloned()).collect();
    files.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));

    let (mut found, mut edges) = (Vec::new(), BTreeMap::new());
    for (module, file) in &files {
        let mut used = BTreeSet::new();
        for import in file.imports.iter().filter_map(|import| absolute(&files, module, import)) {
            let above = holder(&files, &import);
            if above.len() < module.len() && module.starts_with(above) {
                let item = import.join("::");
                found.push(format!("{} imports crate::{item} from a module above it", file.name));
            }
            used.extend(definer(&files, &import).filter(|used| *used != module));
        }
        edges.insert(module, used);
    }
    for circle in circles(&edges) {
        let names: Vec<&str> = circle.iter().map(|module| &*files[*module].name).collect();
        found.push(format!("these files import each other in a circle: {}", names.join(", ")));
    }
    Ok(found)
}

/// An import's path below the crate, where it names an item of the crate.
fn absolute(files: &Files, module: &Names, import: &Names) -> Option<Names> {
    let (first, rest) = import.split_first()?;
    if first == "crate" {
        return Some(rest.to_vec());
    }
    let child = [&module[..], std::slice::from_ref(first)].concat();
    files.contains_key(&child).then(|| [&child[..], rest].concat())
}

/// The module whose file holds a path: the longest that there is.
fn holder<'a>(files: &'a Files, path: &Names) -> &'a Names {
    let modules = (0..=path.len()).rev().filter_map(|length| files.get_key_value(&path[..length]));
    modules.map(|(module, _)| module).next().expect("a crate has a root")
}

/// The module whose file defines the item at a path; `None` where another crate does.
fn definer<'a>(files: &'a Files, path: &Names) -> Option<&'a Names> {
    let module = holder(files, path);
    let Some((name, rest)) = path[module.len()..].split_first() else { return Some(module) };
    match files[module].names.get(name) {
        Some(again) => definer(files, &[&absolute(files, module, again)?[..], rest].concat()),
        None => Some(module),
    }
}

/// The groups of modules that reach each other.
fn circles<'a>(edges: &BTreeMap<&'a Names, BTreeSet<&'a Names>>) -> BTreeSet<Vec<&'a Names>> {
    let reach = |from: &'a Names| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            next.extend(edges[module].iter().filter(|used| reached.insert(**used)));
        }
        reached
    };
    let reached: BTreeMap<_, _> = edges.keys().map(|module| (*module, reach(module))).collect();
    let circle = |(from, to): (&&'a Names, &BTreeSet<&'a Names>)| {
        to.iter().filter(|module| reached[**module].contains(*from)).copied().collect::<Vec<_>>()
    };
    reached.iter().map(circle).filter(|circle| !circle.is_empty()).collect()
}

/// Reads one file's imports.
struct Reader {
    /// The module that is read: the file's own, or one inside it.
    here: Names,
    /// How many names the file's own module has.
    depth: usize,
    file: File,
}

impl Reader {
    /// Adds a path; gives it without `self` and `super`.
    fn add(&mut self, path: &[String]) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        let ups = path.iter().take_while(|name| *name == "super").count();
        let above = |ups: usize| self.here.get(..self.here.len().checked_sub(ups)?);
        let from_root = |module: &[String], rest: &[String]| [&["crate".to_owned()], module, rest].concat();
        let path = match first.as_str() {
            "self" => from_root(&self.here, rest),
            "super" => from_root(above(ups)?, &path[ups..]),
            _ => path.to_vec(),
        };
        self.file.imports.insert(path.clone());
        Some(path)
    }

    fn add_tree(&mut self, mut path: Names, tree: &UseTree) {
        let (name, known_as) = match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                return self.add_tree(path, &part.tree);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.add_tree(path.clone(), tree));
            }
            UseTree::Name(part) => (part.ident.to_string(), part.ident.to_string()),
            UseTree::Rename(part) => (part.ident.to_string(), part.rename.to_string()),
            UseTree::Glob(_) => ("*".to_owned(), "*".to_owned()),
        };
        let known_as = if name == "self" { path.last().cloned().unwrap_or_default() } else { known_as };
        path.extend((name != "self").then_some(name));
        let path = self.add(&path);
        if let Some(path) = path.filter(|_| self.here.len() == self.depth) {
            self.file.names.insert(known_as, path);
        }
    }
}

impl Visit<'_> for Reader {
    fn visit_item(&mut self, item: &Item) {
        let attributes: &[Attribute] = match item {
            Item::Const(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Static(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            Item::Type(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        match item {
            Item::Mod(item) if is_for_tests(attributes) => {
                let module = [&self.here[..], &[item.ident.to_string()]].concat();
                self.file.tests.insert(module);
            }
            _ if is_for_tests(attributes) => {}
            _ => syn::visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, item: &ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &ItemMod) {
        self.here.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.here.pop();
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        self.add_tree(Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Names = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if names.len() > 1 {
            self.add(&names);
        }
        syn::visit::visit_path(self, path);
    }

    /// `pub(crate)` is no import.
    fn visit_visibility(&mut self, _: &Visibility) {}
}

/// Whether the tests alone, or the fuzzers with them, compile what has these attributes.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let mut is_for_tests = false;
        let read = attribute.parse_nested_meta(|meta| {
            is_for_tests |= meta.path.is_ident("test");
            if meta.path.is_ident("any") || meta.path.is_ident("all") {
                meta.parse_nested_meta(|meta| {
                    is_for_tests |= meta.path.is_ident("test");
                    Ok(())
                })?;
            }
            Ok(())
        });
        // `cfg(not(test))` and `cfg(unix)` are read to here or not at all; neither is for tests.
        is_for_tests && read.is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(module, text)| {
            let names = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            (names, (format!("{module}.rs"), (*text).to_owned()))
        });
        broken_by(files.collect()).unwrap()
    }

    #[test]
    fn this_workspace_keeps_the_rules() {
        let workspace = crate::workspace::Workspace::load().unwrap();
        assert_eq!(violations(workspace.root()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_import_from_a_module_above_is_named() {
        let root = ("", "mod a; mod b; pub use b::B;");
        for import in ["use crate::B;", "use super::B;", "fn a(_: &crate::B) {}", "use super::*;"] {
            let found = found(&[root, ("a", import), ("b", "pub struct B;")]);
            assert_eq!(found.len(), 1, "{import}: {found:?}");
            assert!(found[0].starts_with("a.rs imports crate::"), "{found:?}");
        }
        for import in ["use crate::b::B;", "use super::b::B;", "use std::fmt;", "pub(crate) struct A;"] {
            assert_eq!(found(&[root, ("a", import), ("b", "pub struct B;")]), Vec::<String>::new());
        }
    }

    #[test]
    fn files_that_import_each_other_are_named_once() {
        let found = found(&[
            ("", "mod a; mod b; mod c;"),
            ("a", "use crate::b::B; pub struct A;"),
            ("b", "pub struct B(crate::c::C);"),
            ("c", "use super::a::A; pub struct C;"),
        ]);
        assert_eq!(found, ["these files import each other in a circle: a.rs, b.rs, c.rs"]);
    }

    #[test]
    fn a_parent_that_only_re_exports_is_in_no_circle_and_one_that_defines_is() {
        let user = ("b", "use crate::a::A; pub struct B;");
        let child = ("a::inner", "use crate::b::B; pub struct A;");
        let found_with = |parent| found(&[("", "mod a; mod b;"), ("a", parent), child, user]);
        assert_eq!(
            found_with("mod inner; pub use inner::A;"),
            ["these files import each other in a circle: a::inner.rs, b.rs"]
        );
        let other = ("a::other", "pub struct O;");
        let apart = [("", "mod a; mod b;"), ("a", "mod inner; mod other; pub use inner::A; pub use other::O;")];
        let found = found(&[apart[0], apart[1], child, other, ("b", "use crate::a::O; pub struct B;")]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn tests_may_import_what_they_like() {
        let inline = "#[cfg(test)] mod tests { use super::*; use crate::B; }";
        let file = "#[cfg(any(test, fuzzing))] mod tests;";
        let tests = ("a::tests", "use super::*; use crate::a::A;");
        assert_eq!(found(&[("", "mod a;"), ("a", inline)]), Vec::<String>::new());
        assert_eq!(found(&[("", "mod a;"), ("a", file), tests]), Vec::<String>::new());
        assert_eq!(found(&[("", "mod a;"), ("a", "#[cfg(not(test))] use crate::B;")]).len(), 1);
    }
}
