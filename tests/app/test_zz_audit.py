import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import *
from tests.app.conftest import *
import pyqtgraph as pg
from foveaview.app.keys_dialog import KeysDialog
def internal(w):
    return w.objectName().startswith("qt_") or isinstance(w,(QScrollBar,)) 
KINDS=(QAbstractButton,QComboBox,QAbstractSpinBox,QLineEdit,QAbstractItemView,QPlainTextEdit,QGraphicsView,QAbstractSlider,QTabBar,QKeySequenceEdit)
def name_of(w):
    if w.accessibleName(): return w.accessibleName()
    for l in w.window().findChildren(QLabel):
        if l.buddy() is w: return "buddy:"+l.text()
    t=getattr(w,"text",None)
    return ("text:"+t()) if t and not isinstance(w,(QAbstractSpinBox,QLineEdit)) else ""
def test_a(driver, image_file):
    driver.open(image_file())
    w=driver.window
    KeysDialog(w.commands,w).show()
    w.angles.panel.calibrate()
    from foveaview.app import file_actions
    file_actions.export_all(w)
    for x in w.findChildren(KINDS):
        par=x.parentWidget()
        if internal(x) or isinstance(par,(QAbstractSpinBox,)) : continue
        print(type(x).__name__, x.objectName(), "|", name_of(x), "|", x.toolTip()[:40], "|", x.focusPolicy().name, "|", type(par).__name__, x.isVisible())
def test_tab(driver,image_file):
    driver.open(image_file())
    w=driver.window; w.activateWindow(); 
    for dock in w.docks:
        dock.raise_(); QApplication.processEvents()
        w.images.setFocus()
        seen=[]
        for _ in range(150):
            f=QApplication.focusWidget()
            if f is None: print("NONE"); break
            if seen and f is seen[0]: break
            seen.append(f); QTest.keyClick(f, Qt.Key.Key_Tab)
        print(dock.windowTitle(), len(seen), [ (type(s).__name__,(s.accessibleName() or s.objectName() or getattr(s,'text',str)())) for s in seen])
