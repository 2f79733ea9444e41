"""Ask Cython's own scanner and parser about files.

Reads paths from standard input, one a line, and prints one JSON object a line:

  accepted    whether Context.parse takes the file
  error       the first error, where it does not
  tokens      [text, line, column] from PyrexScanner; a string literal is one
              token with the text "STR"; null where the scanner fails
  attributes  [line, column of ".", name, access], only where accepted
  functions   [line, name] of functions with a body, likewise
  classes     [line, name], likewise

Lines count from 1, columns from 0. With --time, parses each file as often as
asked and prints {"bytes": n, "seconds": s} for the fastest round instead.
"""

import io
import json
import sys
import time
from types import SimpleNamespace

from Cython.Compiler import Errors, ExprNodes, Main, Nodes, Options, Parsing
from Cython.Compiler.Scanning import FileSourceDescriptor, PyrexScanner


def new_context(level):
    options = Options.CompilationOptions(Options.default_options, cplus=True, language_level=level)
    context = Main.Context.from_options(options)
    # Included files are files of their own here.
    context.find_include_file = lambda *args, **kwds: None
    return context


def start():
    if hasattr(Errors, "init_thread"):
        Errors.init_thread()
    Errors.open_listing_file(None, echo_to_stderr=False)


def error_count():
    if hasattr(Errors, "get_errors_count"):
        return Errors.get_errors_count()
    return getattr(Errors.threadlocal, "cython_errors_count", 0)


def parse(path):
    """Parse as Python 3 or, where only that works, as Python 2."""
    first = parse_as(path, "3")
    if first[1] is None:
        return first
    second = parse_as(path, "2")
    return second if second[1] is None else first


def parse_as(path, level):
    start()
    context = new_context(level)
    scope = SimpleNamespace(included_files=[], cpp=True)
    desc = FileSourceDescriptor(path)
    held = Errors.hold_errors()
    tree = message = None
    try:
        tree = context.parse(desc, scope, path.endswith(".pxd"), "m")
    except Exception as e:
        message = str(e) or type(e).__name__
    finally:
        Errors.release_errors(ignore=True)
    if held and message is None:
        message = str(held[0])
    return tree, message, desc


STRINGS = {"BEGIN_STRING": "END_STRING", "BEGIN_FT_STRING": "END_FT_STRING"}


def tokens(path):
    start()
    context = new_context("3")
    scope = SimpleNamespace(included_files=[], cpp=True)
    desc = FileSourceDescriptor(path)
    held = Errors.hold_errors()
    out = []
    try:
        with desc.get_file_object() as f:
            s = PyrexScanner(f, desc, source_encoding=f.encoding, scope=scope,
                             context=context, parse_comments=False)
            while True:
                _, line, column = s.position()
                if s.sy in STRINGS:
                    out.append(["STR", line, column])
                    depth = 1
                    while depth:
                        s.next()
                        if s.sy in STRINGS:
                            depth += 1
                        elif s.sy in ("END_STRING", "END_FT_STRING"):
                            depth -= 1
                        elif s.sy == "EOF":
                            return None
                else:
                    text = s.sy if s.sy in ("INDENT", "DEDENT", "NEWLINE", "EOF") else s.systring
                    out.append([text, line, column])
                if s.sy == "EOF":
                    break
                s.next()
    except Exception:
        return None
    finally:
        Errors.release_errors(ignore=True)
    return None if held else out


def target(node, access, marks):
    """Mark a target as parser/access.go does."""
    if isinstance(node, ExprNodes.AttributeNode):
        marks[id(node)] = access
        through(node.obj, marks)
    elif isinstance(node, (ExprNodes.IndexNode, ExprNodes.SliceIndexNode)):
        through(node.base, marks)
    elif isinstance(node, (ExprNodes.TupleNode, ExprNodes.ListNode)):
        for arg in node.args:
            target(arg, access, marks)
    elif isinstance(node, ExprNodes.StarredUnpackingNode):
        target(node.target, access, marks)
    elif isinstance(node, ExprNodes.TypecastNode):
        target(node.operand, access, marks)


def through(node, marks):
    while True:
        if isinstance(node, ExprNodes.AttributeNode):
            marks[id(node)] = "through"
            node = node.obj
        elif isinstance(node, (ExprNodes.IndexNode, ExprNodes.SliceIndexNode)):
            node = node.base
        elif isinstance(node, ExprNodes.TypecastNode):
            node = node.operand
        else:
            return


def address(node, marks):
    while True:
        if isinstance(node, ExprNodes.AttributeNode):
            marks[id(node)] = "address"
            node = node.obj
        elif isinstance(node, (ExprNodes.IndexNode, ExprNodes.SliceIndexNode)):
            node = node.base
        else:
            return


def declared_name(declarator):
    while not hasattr(declarator, "name"):
        declarator = declarator.base
    return declarator.name


def inspect(tree, desc):
    marks, attributes, functions, classes = {}, [], [], []
    seen, todo, order = set(), [tree], []
    while todo:
        node = todo.pop()
        if isinstance(node, (list, tuple)):
            todo.extend(node)
        elif isinstance(node, dict):
            todo.extend(node.values())
        elif isinstance(node, Nodes.Node) and id(node) not in seen:
            seen.add(id(node))
            order.append(node)
            todo.extend(vars(node).values())
    for node in order:
        if isinstance(node, Nodes.InPlaceAssignmentNode):
            target(node.lhs, "aug", marks)
        elif isinstance(node, Nodes.SingleAssignmentNode):
            if node.rhs is not None and not isinstance(node.rhs, ExprNodes.ImportNode):
                target(node.lhs, "write", marks)
        elif isinstance(node, Nodes.CascadedAssignmentNode):
            for lhs in node.lhs_list:
                target(lhs, "write", marks)
        elif isinstance(node, Nodes.DelStatNode):
            for arg in node.args:
                target(arg, "delete", marks)
        elif isinstance(node, Nodes.WithStatNode):
            target(node.target, "write", marks)
        elif isinstance(node, Nodes.ExceptClauseNode):
            target(node.target, "write", marks)
        elif isinstance(node, ExprNodes.AmpersandNode):
            address(node.operand, marks)
        elif isinstance(node, (ExprNodes.SimpleCallNode, ExprNodes.GeneralCallNode)):
            if isinstance(node.function, ExprNodes.AttributeNode):
                marks.setdefault(id(node.function), "called")
                if (node.function.attribute == "address" and getattr(node.function.obj, "name", "") in ("cython", "cy")
                        and len(getattr(node, "args", None) or ()) == 1):
                    address(node.args[0], marks)
        if type(node).__name__ == "ForStatNode" or hasattr(node, "iterator") and hasattr(node, "target"):
            target(node.target, "for", marks)
        if node.pos[0] is not desc:
            continue
        if isinstance(node, (Nodes.DefNode, Nodes.CFuncDefNode)):
            name = node.name if isinstance(node, Nodes.DefNode) else declared_name(node.declarator)
            functions.append([node.pos[1], name])
        elif isinstance(node, Nodes.PyClassDefNode):
            classes.append([node.pos[1], node.name])
        elif isinstance(node, Nodes.CClassDefNode):
            classes.append([node.pos[1], node.class_name])
        elif isinstance(node, Nodes.CppClassNode):
            classes.append([node.pos[1], node.name])
    for node in order:
        if isinstance(node, ExprNodes.AttributeNode) and node.pos[0] is desc:
            attributes.append([node.pos[1], node.pos[2], node.attribute, marks.get(id(node), "read")])
    return sorted(attributes), sorted(functions), sorted(classes)


def answer(path):
    result = {"path": path, "tokens": tokens(path)}
    tree, message, desc = parse(path)
    result["accepted"] = message is None
    if message is not None:
        result["error"] = message.strip().splitlines()[-1]
    else:
        result["attributes"], result["functions"], result["classes"] = inspect(tree, desc)
    return result


def measure(paths, rounds):
    sources = []
    for path in paths:
        for level in "3", "2":
            if parse_as(path, level)[1] is None:
                with FileSourceDescriptor(path).get_file_object() as f:
                    sources.append((path, f.read(), f.encoding, level))
                break
    best = None
    for _ in range(rounds):
        spent = 0.0
        for path, text, encoding, level in sources:
            start()
            context = new_context(level)
            desc = FileSourceDescriptor(path)
            scope = SimpleNamespace(included_files=[], cpp=True)
            held = Errors.hold_errors()
            begin = time.perf_counter()
            s = PyrexScanner(io.StringIO(text), desc, source_encoding=encoding,
                             scope=scope, context=context)
            Parsing.p_module(s, path.endswith(".pxd"), "m")
            spent += time.perf_counter() - begin
            Errors.release_errors(ignore=True)
        best = spent if best is None else min(best, spent)
    print(json.dumps({
        "bytes": sum(len(text.encode(encoding)) for _, text, encoding, _ in sources),
        "seconds": best,
        "paths": [path for path, *_ in sources],
    }))


def main():
    paths = [line.rstrip("\n") for line in sys.stdin]
    if sys.argv[1:2] == ["--time"]:
        measure(paths, int(sys.argv[2]))
        return
    for path in paths:
        try:
            result = answer(path)
        except RecursionError:
            result = {"path": path, "accepted": False, "error": "recursion"}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
