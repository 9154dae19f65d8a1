"""Reads and drives windows from outside, for the tests: JSON lines in on stdin, JSON lines out on stdout.

Speaks the AT-SPI protocol on the accessibility bus with many calls under way at once, since a tree of a few
hundred nodes asked node by node would take seconds. Also plays two parts of a desktop that the window talks to:
the file chooser of the desktop portal, and the source of a drag of files.
Started by driver.rs on a private display and a private session bus; needs python3-gi and python3-xlib.
"""
import json
import os
import re
import sys
import time

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

A11Y = "org.a11y.atspi."
ROOT = "/org/a11y/atspi/accessible/root"
# Numbers of AtspiStateType.
STATES = {
    1: "active", 4: "checked", 5: "collapsed", 7: "editable", 8: "enabled", 9: "expandable", 10: "expanded",
    11: "focusable", 12: "focused", 20: "pressed", 23: "selected", 24: "sensitive", 25: "showing", 30: "visible",
    41: "checkable",
}

# AtspiRole by its number, from 0; those beyond are rare and keep their number.
ROLES = (
    "invalid|accelerator label|alert|animation|arrow|calendar|canvas|check box|check menu item|color chooser|"
    "column header|combo box|date editor|desktop icon|desktop frame|dial|dialog|directory pane|drawing area|"
    "file chooser|filler|focus traversable|font chooser|frame|glass pane|html container|icon|image|internal frame|"
    "label|layered pane|list|list item|menu|menu bar|menu item|option pane|page tab|page tab list|panel|"
    "password text|popup menu|progress bar|button|radio button|radio menu item|root pane|row header|scroll bar|"
    "scroll pane|separator|slider|spin button|split pane|status bar|table|table cell|table column header|"
    "table row header|tearoff menu item|terminal|text|toggle button|tool bar|tool tip|tree|tree table|unknown|"
    "viewport|window|extended|header|footer|paragraph|ruler|application|autocomplete|editbar|embedded|entry|chart|"
    "caption|document frame|heading|page|section|redundant object|form|link|input method window|table row|tree item"
).split("|")


class Failure(Exception):
    pass


class Desktop:
    def __init__(self):
        self.session = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        for name in ("IsEnabled", "ScreenReaderEnabled"):
            self.ask(self.session, "org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set",
                     GLib.Variant("(ssv)", ("org.a11y.Status", name, GLib.Variant("b", True))))
        address = self.ask(self.session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None)[0]
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        # Starts the registry, where applications say that they are there.
        self.ask(self.bus, A11Y + "Registry", ROOT, A11Y + "Accessible", "GetChildren", None)
        self.chosen = []
        self.asked = []

    @staticmethod
    def ask(bus, name, path, interface, method, arguments):
        return bus.call_sync(name, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 5000,
                             None).unpack()

    def ask_all(self, calls):
        """Many calls under way at once. An answer is None when the thing asked has gone."""
        answers = [None] * len(calls)
        left = [len(calls)]

        def done(bus, result, at):
            try:
                answers[at] = bus.call_finish(result).unpack()
            except GLib.Error:
                pass
            left[0] -= 1

        for at, ((name, path), interface, method, arguments) in enumerate(calls):
            self.bus.call(name, path, interface, method, arguments, None, Gio.DBusCallFlags.NO_AUTO_START, 5000, None,
                          done, at)
        context = GLib.MainContext.default()
        while left[0]:
            context.iteration(True)
        return answers

    def application(self, pid):
        """The accessible root of a process, or None."""
        children = self.ask(self.bus, A11Y + "Registry", ROOT, A11Y + "Accessible", "GetChildren", None)[0]
        for name, path in children:
            try:
                answer = self.ask(self.bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                  "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))
            except GLib.Error:
                continue
            if answer[0] == pid:
                return (name, path)
        return None

    def tree(self, pid):
        """Every node of a window in reading order, parents before children."""
        root = self.application(pid)
        if root is None:
            return []
        nodes = {}
        level = [root]
        while level:
            calls = []
            for node in level:
                calls += [
                    (node, A11Y + "Accessible", "GetChildren", None),
                    (node, A11Y + "Accessible", "GetRole", None),
                    (node, "org.freedesktop.DBus.Properties", "Get",
                     GLib.Variant("(ss)", (A11Y + "Accessible", "Name"))),
                    (node, A11Y + "Accessible", "GetState", None),
                ]
            answers = self.ask_all(calls)
            following = []
            for at, node in enumerate(level):
                children, role, name, state = answers[at * 4:at * 4 + 4]
                if children is None or role is None or name is None:
                    continue
                children = [tuple(child) for child in children[0]]
                bits = state[0] if state else [0, 0]
                bits = bits[0] | bits[1] << 32
                role = ROLES[role[0]] if role[0] < len(ROLES) else f"role {role[0]}"
                nodes[node] = {
                    "node": node, "role": role, "name": name[0], "children": children,
                    "states": sorted(label for bit, label in STATES.items() if bits >> bit & 1),
                }
                following += [child for child in children if child not in nodes]
            level = following
        ordered = []

        def visit(node, depth):
            if node in nodes:
                entry = nodes.pop(node)
                entry["depth"] = depth
                ordered.append(entry)
                for child in entry["children"]:
                    visit(child, depth + 1)

        visit(root, 0)
        return ordered

    def details(self, entry):
        """Adds what is asked only of the nodes that are wanted: place, text, number, description."""
        node = entry["node"]
        properties = "org.freedesktop.DBus.Properties"
        place, text, value, description = self.ask_all([
            (node, A11Y + "Component", "GetExtents", GLib.Variant("(u)", (0,))),
            (node, A11Y + "Text", "GetText", GLib.Variant("(ii)", (0, -1))),
            (node, properties, "Get", GLib.Variant("(ss)", (A11Y + "Value", "CurrentValue"))),
            (node, properties, "Get", GLib.Variant("(ss)", (A11Y + "Accessible", "Description"))),
        ])
        return {
            "role": entry["role"], "name": entry["name"], "states": entry["states"], "depth": entry["depth"],
            "place": list(place[0]) if place else None,
            "text": text[0] if text else None,
            "value": value[0] if value else None,
            "description": description[0] if description else "",
        }

    def matching(self, request):
        entries = self.tree(request["pid"])
        name, role = request.get("name"), request.get("role")
        pattern = re.compile(request["pattern"]) if request.get("pattern") else None
        found = [
            entry for entry in entries
            if (name is None or entry["name"] == name)
            and (pattern is None or pattern.search(entry["name"]))
            and (role is None or entry["role"] == role)
            and (not request.get("enabled") or {"enabled", "sensitive"} & set(entry["states"]))
        ]
        return found, entries

    def one(self, request):
        """Waits until a node is there, and answers it."""
        until = time.monotonic() + request.get("timeout_secs", 10)
        at = request.get("at", 0)
        while True:
            found, entries = self.matching(request)
            if len(found) > at:
                return found[at]
            if time.monotonic() > until:
                names = [f"{entry['role']} {entry['name']!r}" for entry in entries if entry["name"]]
                wanted = {key: request[key] for key in ("name", "pattern", "role", "at") if request.get(key)}
                raise Failure(f"nothing matches {wanted}; there are: " + "; ".join(names))
            self.rest(0.03)

    @staticmethod
    def rest(seconds):
        """Sleeps while the bus is served."""
        context = GLib.MainContext.default()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not context.iteration(False):
                time.sleep(0.003)

    # What a test may ask for.

    def do_tree(self, request):
        return [
            {key: entry[key] for key in ("role", "name", "states", "depth")} for entry in self.tree(request["pid"])
        ]

    def do_find(self, request):
        return self.details(self.one(request))

    def do_all(self, request):
        return [self.details(entry) for entry in self.matching(request)[0]]

    def do_gone(self, request):
        until = time.monotonic() + request.get("timeout_secs", 10)
        while self.matching(request)[0]:
            if time.monotonic() > until:
                raise Failure(f"still there: {request.get('name') or request.get('pattern')}")
            self.rest(0.03)
        return True

    def do_press(self, request):
        request = dict(request, enabled=True)
        entry = self.one(request)
        answer = self.ask_all([(entry["node"], A11Y + "Action", "DoAction", GLib.Variant("(i)", (0,)))])[0]
        if not answer or not answer[0]:
            raise Failure(f"{entry['role']} {entry['name']!r} cannot be pressed")
        return self.details(entry)

    def do_focus(self, request):
        entry = self.one(request)
        answer = self.ask_all([(entry["node"], A11Y + "Component", "GrabFocus", None)])[0]
        if not answer or not answer[0]:
            raise Failure(f"{entry['role']} {entry['name']!r} cannot take the focus")
        return self.details(entry)

    def do_set_value(self, request):
        entry = self.one(request)
        self.ask_all([(entry["node"], "org.freedesktop.DBus.Properties", "Set", GLib.Variant(
            "(ssv)", (A11Y + "Value", "CurrentValue", GLib.Variant("d", float(request["value"])))))])
        return self.details(entry)

    # The file chooser of the desktop portal.

    PORTAL = """<node>
      <interface name='org.freedesktop.portal.FileChooser'>
        <method name='OpenFile'>
          <arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='a{sv}' direction='in'/>
          <arg type='o' direction='out'/>
        </method>
        <method name='SaveFile'>
          <arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='a{sv}' direction='in'/>
          <arg type='o' direction='out'/>
        </method>
        <property name='version' type='u' access='read'/>
      </interface>
      <interface name='org.freedesktop.portal.Request'>
        <method name='Close'/>
        <signal name='Response'><arg type='u'/><arg type='a{sv}'/></signal>
      </interface>
    </node>"""

    def do_choose(self, request):
        """From now on the file chooser answers with these paths; none means that the person cancels."""
        first = not self.asked and not hasattr(self, "portal")
        self.chosen = [GLib.filename_to_uri(path, None) for path in request["paths"]]
        if first:
            self.portal = Gio.DBusNodeInfo.new_for_xml(self.PORTAL)
            self.session.register_object("/org/freedesktop/portal/desktop", self.portal.interfaces[0],
                                         self.on_portal, lambda *_: GLib.Variant("u", 3), None)
            Gio.bus_own_name_on_connection(self.session, "org.freedesktop.portal.Desktop", Gio.BusNameOwnerFlags.NONE,
                                           None, None)
            self.rest(0.1)
        return True

    def do_asked(self, _request):
        """The titles with which the file chooser was opened so far."""
        return self.asked

    def on_portal(self, bus, sender, _path, _interface, _method, arguments, invocation):
        _parent, title, options = arguments.unpack()
        self.asked.append(title)
        token = options.get("handle_token", "aloft")
        handle = "/org/freedesktop/portal/desktop/request/%s/%s" % (sender[1:].replace(".", "_"), token)
        bus.register_object(handle, self.portal.interfaces[1], lambda *args: args[-1].return_value(None), None, None)
        invocation.return_value(GLib.Variant("(o)", (handle,)))
        answer = GLib.Variant("(ua{sv})", (0 if self.chosen else 1, {"uris": GLib.Variant("as", self.chosen)}))

        def respond():
            bus.emit_signal(sender, handle, "org.freedesktop.portal.Request", "Response", answer)
            return False

        GLib.timeout_add(150, respond)

    def do_first_frame(self, request):
        """Waits until a line across the middle of the black screen shows anything."""
        from Xlib import X, display as xdisplay

        display = xdisplay.Display()
        root = display.screen().root
        geometry = root.get_geometry()
        until = time.monotonic() + request.get("timeout_secs", 20)
        while time.monotonic() < until:
            image = root.get_image(0, geometry.height // 2, geometry.width, 1, X.ZPixmap, 0xFFFFFF)
            if any(byte for at, byte in enumerate(image.data) if at % 4 != 3):
                display.close()
                return True
            time.sleep(0.001)
        raise Failure("the screen stays black")

    def do_x_window(self, request):
        """The id of a process's window, once it is on the screen. There is no window manager to put it in a frame."""
        from Xlib import X, Xatom, display as xdisplay, error as xerror

        display = xdisplay.Display()
        pid_atom = display.intern_atom("_NET_WM_PID")
        until = time.monotonic() + request.get("timeout_secs", 20)
        while time.monotonic() < until:
            for window in display.screen().root.query_tree().children:
                try:
                    pid = window.get_full_property(pid_atom, Xatom.CARDINAL)
                    seen = window.get_attributes().map_state == X.IsViewable
                except xerror.XError:
                    continue
                if pid and pid.value[0] == request["pid"] and seen:
                    display.close()
                    return window.id
            self.rest(0.02)
        raise Failure(f"no window of process {request['pid']} is on the screen")

    def do_close(self, request):
        """Asks a window to close, as the close button of its frame does."""
        from Xlib import X, display as xdisplay
        from Xlib.protocol import event as xevent

        display = xdisplay.Display()
        window = display.create_resource_object("window", request["window"])
        data = (32, [display.intern_atom("WM_DELETE_WINDOW"), X.CurrentTime, 0, 0, 0])
        message = xevent.ClientMessage(window=window, client_type=display.intern_atom("WM_PROTOCOLS"), data=data)
        window.send_event(message, event_mask=0)
        display.close()
        return True

    # The source of a drag.

    def do_drop(self, request):
        """Drags files over a window and lets them go there, by the XDND protocol."""
        from Xlib import X, display as xdisplay
        from Xlib.protocol import event as xevent

        display = xdisplay.Display()
        screen = display.screen()
        atom = display.intern_atom
        source = screen.root.create_window(-10, -10, 1, 1, 0, screen.root_depth)
        target = display.create_resource_object("window", request["window"])
        uri_list = atom("text/uri-list")
        data = "".join(GLib.filename_to_uri(path, None) + "\r\n" for path in request["paths"]).encode()
        source.set_selection_owner(atom("XdndSelection"), X.CurrentTime)
        now = int(time.monotonic() * 1000) & 0x7FFFFFFF

        def send(kind, *values):
            values = (list(values) + [0] * 5)[:5]
            message = xevent.ClientMessage(window=target, client_type=atom(kind), data=(32, [source.id] + values[:4]))
            target.send_event(message, event_mask=0)
            display.flush()

        finished, accepted = False, False

        def serve(seconds, wanted):
            nonlocal finished, accepted
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                while display.pending_events():
                    event = display.next_event()
                    if event.type == X.SelectionRequest:
                        if event.target == uri_list:
                            event.requestor.change_property(event.property, uri_list, 8, data)
                        answer = xevent.SelectionNotify(
                            time=event.time, requestor=event.requestor, selection=event.selection, target=event.target,
                            property=event.property if event.target == uri_list else X.NONE)
                        event.requestor.send_event(answer)
                        display.flush()
                    elif event.type == X.ClientMessage:
                        if event.client_type == atom("XdndStatus"):
                            accepted = bool(event.data[1][1] & 1)
                        elif event.client_type == atom("XdndFinished"):
                            finished = True
                if wanted():
                    return
                self.rest(0.01)

        geometry = target.get_geometry()
        where = target.translate_coords(screen.root, 0, 0)
        x, y = geometry.width // 2 - where.x, geometry.height // 2 - where.y
        send("XdndEnter", 5 << 24, uri_list)
        for step in range(3):
            send("XdndPosition", 0, (x + step) << 16 | y, now, atom("XdndActionCopy"))
            serve(request.get("hover_secs", 0.3), lambda: False)
        if not accepted:
            display.close()
            raise Failure("the window does not take dropped files")
        send("XdndDrop", 0, now)
        serve(5, lambda: finished)
        display.close()
        if not finished:
            raise Failure("the window never said that it took the dropped files")
        return True

    def answer(self, line):
        try:
            request = json.loads(line)
            reply = {"ok": getattr(self, "do_" + request["do"])(request)}
        except Failure as failure:
            reply = {"error": str(failure)}
        except Exception as error:  # The test must hear of it, whatever it is.
            reply = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def main():
    desktop = Desktop()
    loop = GLib.MainLoop()
    buffer = bytearray()

    def on_input(_source, _condition):
        part = os.read(0, 65536)
        if not part:
            loop.quit()
            return False
        buffer.extend(part)
        while b"\n" in buffer:
            line, _, rest = bytes(buffer).partition(b"\n")
            buffer[:] = rest
            desktop.answer(line)
        return True

    GLib.io_add_watch(0, GLib.IO_IN | GLib.IO_HUP, on_input)
    sys.stdout.write('{"ok": "ready"}\n')
    sys.stdout.flush()
    loop.run()


main()
