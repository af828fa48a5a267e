"""Write the page of accompaniments."""

from chaconne.pages.duets.page import render
from chaconne.running.files import new_file
from chaconne.running.stage import stage


def main():
    """Write metrics/duets.html."""
    with stage("report_accompaniment", keep_clock=False), new_file("metrics/duets.html") as temporary:
        temporary.write_text(render(), encoding="utf-8")
    print("open metrics/duets.html")


if __name__ == "__main__":
    main()
