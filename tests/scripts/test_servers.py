"""The private servers of the tests start, crash, come back and go away without a trace."""

import smtplib
import subprocess

import psycopg
import redis

from tests.servers import private_postgres, private_redis, private_smtp


def test_a_private_postgres_survives_an_immediate_restart():
    with private_postgres(durable=True) as server:
        url = server.create_database("kept")
        with psycopg.connect(url, autocommit=True) as link:
            link.execute("create table fact as select 42 as answer")

        server.restart_immediately()

        with psycopg.connect(url) as link:
            assert link.execute("select answer from fact").fetchone() == (42,)


def test_a_private_redis_answers_and_leaves_no_folder():
    with private_redis() as server:
        assert redis.Redis.from_url(server.url(3)).ping()

    assert not server.folder.exists()
    assert subprocess.run(["kill", "-0", str(server.pid)], capture_output=True).returncode != 0


def test_the_mail_sink_keeps_what_it_accepted_and_refuses_on_demand():
    with private_smtp() as sink, smtplib.SMTP("127.0.0.1", sink.port) as client:
        sink.refuse_next = 1
        try:
            client.sendmail("a@example.org", ["b@example.org"], "Subject: first\n\nno")
        except smtplib.SMTPDataError:
            client.sendmail("a@example.org", ["b@example.org"], "Subject: second\n\nyes")

        assert [mail["Subject"] for mail in sink.wait_for(1)] == ["second"]
