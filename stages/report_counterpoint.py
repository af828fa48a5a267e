"""Write the page of the symbolic branch."""

from chaconne.pages.counterpoint.page import render
from chaconne.running.files import new_file
from chaconne.running.stage import stage


def main():
    """Write metrics/counterpoint.html."""
    with stage("report_counterpoint", keep_clock=False), new_file("metrics/counterpoint.html") as temporary:
        temporary.write_text(render(), encoding="utf-8")
    print("open metrics/counterpoint.html")


if __name__ == "__main__":
    main()
