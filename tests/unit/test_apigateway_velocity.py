"""Mapping templates: the language itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.web.gateways.velocity import Template, TemplateError
from penstock.web.gateways.velocity.mapping import UTIL
from penstock.web.gateways.velocity.values import Host, from_json


def render(source, **namespace):
    return Template(source).render(namespace)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$a ${a} $!a $!{a} ${a}s", "1 1 1 1 1s"),
        ("[$b][$!b][${b.c}][$a.b.c]", "[][][][]"),
        ("$ $$ $5 5$ a$", "$ $$ $5 5$ a$"),
        ("\\$a \\#if \\n", "$a #if \\n"),
        ("$s-c", ""),
        ("a## comment\nb#* block *#c#[[ raw $a ]]#", "abc raw $a "),
        ("$m.x $m['x'] $m[\"x\"] $m.get('x') $l[0] $l.get(1)", "1 1 1 1 5 6"),
        ("$m $l $j", '{x=1, y=two} [5, 6] [5,{"k":1}]'),
        ("#set($x = 'a')#set($y = \"$x and ${x}s $nope\")$y", "a and as "),
        ("#set($x = '$a')$x", "$a"),
        ("#set($m.z = 3)$m.z #set($nope.z = 3)$nope.z", "3 "),
        ("#set($o = {'k': $a, 'n': [1, 2]})$o.k $o.n.size()", "1 2"),
        ("#if($a == 1)yes#else no#end", "yes"),
        ("#if($a > 1)more#elseif($a == 1)one#{else}less#end", "one"),
        ("#if($b)there#end#if(!$b)none#end#if($b == '')empty#end", "thereempty"),
        ("#if($s == 'abc' && $a != 2 || $b)both#end", "both"),
        ("#if($a eq 1 and not $b.c)no#end#if($a eq 1 and not false)words#end", "words"),
        ("#if('1' == $a)text#end", "text"),
        ("#foreach($e in [1..3])$e#if($foreach.hasNext),#end#end", "1,2,3"),
        ("#foreach($e in [3..1])$e#end", "321"),
        ("#foreach($e in $l)$foreach.index:$foreach.count:$velocityCount #end", "0:1:1 1:2:2 "),
        ("#foreach($k in $m.keySet())$k=$m.get($k);#end", "x=1;y=two;"),
        ("#foreach($e in $m.entrySet())$e.key=$e.value;#end", "x=1;y=two;"),
        ("#foreach($e in $l)#if($e == 6)#break#end$e#end", "5"),
        ("#foreach($e in $nope)x#end|$e", "|"),
        ("#set($l[0] = 7)#set($m['z'] = {})#set($m[\"z\"].k = 1)$l $m.z.k", "[7, 6] 1"),
        ("#define($d)<$a>#end$d#set($a = 2)$d$d()", "<1><2><2>()"),
        ("#foreach($x in [1, 2])$x#if($velocityHasNext),#end#end", "1,2"),
        ("#set($n = .5 * 2)$n", "1.0"),
        ("\\$a \\\\$a \\# \\\\ \\#end", "$a \\1 \\# \\\\ #end"),
        ("a#stop b", "a"),
        ("#set($n = 7 / 2)$n #set($n = 7 % 4)$n #set($n = -1 * 2 + 3)$n #set($n = 1.5 + 1)$n", "3 3 1 2.5"),
        ("#set($n = $l.size() - 1)$n #set($t = 'a' + 1)$t", "1 a1"),
        ("#set($n = 1 / 0)[$n]", "[]"),
        ("$s.length() $s.substring(1) $s.substring(0,2) $s.toUpperCase() $s.indexOf('c')", "3 bc ab ABC 2"),
        ("$s.replaceAll('(b)','<$1>') $s.split('b').size() $s.contains('b') $s.matches('a.c')", "a<b>c 2 true true"),
        ("$s.nothing() $s.substring('x') $l.get(9) $a.length()", "   "),
        ("#set($x = [])#set($d = $x.add('q'))$x[0] $x.size()", "q 1"),
        ("$t.call('v') $t.name", "<v> host"),
    ],
)
def test_rendering(source, expected):
    namespace = {
        "a": 1,
        "s": "abc",
        "m": {"x": 1, "y": "two"},
        "l": [5, 6],
        "j": from_json([5, {"k": 1}]),
        "t": Host({"call": lambda value: f"<{value}>"}, {"name": "host"}),
    }
    assert render(source, **namespace) == expected


def test_lines_of_directives_leave_no_line():
    source = "#set($x = 1)\n#if($x)  \n  one\n#end\nend"
    assert render(source) == "  one\nend"


@pytest.mark.parametrize(
    "source", ["#if($a", "#if($a)x", "#set(a = 1)", "#foreach($x of $y)#end", "#end", "#macro(m)#end"]
)
def test_what_cannot_be_parsed_says_where(source):
    with pytest.raises(TemplateError, match="line 1"):
        Template(source)


def test_a_template_reaches_nothing_of_python():
    source = "[$s.__class__][$s.__len__()][$t.methods][$t.__class__.__init__]"
    assert render(source, s="abc", t=Host({})) == "[][][][]"


def test_a_loop_leaves_its_variable_as_it_was():
    assert render("#set($e = 'before')#foreach($e in [1..2])$e#end$e") == "12before"


@given(st.text())
def test_text_without_signs_stands_as_it_is(text):
    plain = text.translate({ord(sign): "" for sign in "$#\\"})
    assert render(plain) == plain
    assert Template(plain).constant == plain


@given(st.text())
def test_any_source_renders_or_is_refused(source):
    try:
        rendered = Template(source).render({})
    except TemplateError:
        return
    assert isinstance(rendered, str)


@given(st.lists(st.integers()), st.integers())
def test_loops_see_every_element(items, last):
    values = [*items, last]
    rendered = render("#foreach($e in $items)$e#if($foreach.hasNext),#end#end", items=values)
    assert [int(part) for part in rendered.split(",")] == values


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$util.escapeJavaScript('it''s \"a\"/b')", 'it\\\'s \\"a\\"\\/b'),
        ("$util.escapeJavaScript('ü€😀')", "\\u00FC\\u20AC\\uD83D\\uDE00"),
        ("$util.urlEncode('a b*c~/ü')", "a+b*c%7E%2F%C3%BC"),
        ("$util.base64Decode($util.base64Encode('ü'))", "ü"),
    ],
)
def test_utilities(source, expected):
    assert render(source, util=UTIL) == expected


def test_a_loop_ends_after_a_thousand_rounds():
    assert render("#foreach($i in [1..5000])#set($n = $i)#end$n") == "1000"


@pytest.mark.parametrize(
    "source",
    [
        "#foreach($i in [1..100000000])x#end",
        "#foreach($i in [1..1000])#foreach($j in [1..1000])#foreach($k in [1..1000])x#end#end#end",
        "#set($s = 'x')#foreach($i in [1..1000])#set($s = $s + $s)#end",
        "#set($s = 'x')#foreach($i in [1..1000])#set($s = $s.concat($s))#end",
    ],
)
def test_what_has_no_end_ends_with_an_error(source):
    with pytest.raises(TemplateError):
        render(source)


def test_a_number_that_nobody_can_use_is_none():
    assert render("#set($n = 9)#foreach($i in [1..1000])#set($n = $n * $n)#end[$!n]") == "[]"
