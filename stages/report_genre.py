"""Write the page of the new genre, and the pictures `dvc plots diff` shows."""

from chaconne.pages.genre.page import read_inputs, render, write_pictures
from chaconne.running.files import new_file, new_folder
from chaconne.running.stage import stage


def main():
    """Write metrics/genre.html and metrics/genre_pictures/."""
    with stage("report_genre", keep_clock=False):
        inputs = read_inputs()
        with new_folder("metrics/genre_pictures") as temporary:
            write_pictures(inputs, temporary)
        with new_file("metrics/genre.html") as temporary:
            temporary.write_text(render(inputs), encoding="utf-8")
    print("open metrics/genre.html")


if __name__ == "__main__":
    main()
