"""Write the page of controls."""

from chaconne.pages.controls.page import render
from chaconne.running.files import new_file
from chaconne.running.stage import stage


def main():
    """Write metrics/controls.html."""
    with stage("report_controls", keep_clock=False), new_file("metrics/controls.html") as temporary:
        temporary.write_text(render(), encoding="utf-8")
    print("open metrics/controls.html")


if __name__ == "__main__":
    main()
